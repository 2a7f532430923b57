import type { LastEnd, LiveReplica, WorkloadKind } from "../workload/adapter/index.ts";
import { endText, LOST_PEER, memberMetricsPort } from "../workload/adapter/index.ts";
import { endOf, type Pod, placementFailureMessage, startFailureMessage } from "./pod-status.ts";

/** Label and annotation of the index that a pod of an Indexed Job has. */
const INDEX = "batch.kubernetes.io/job-completion-index";

/** A replica with all pods that it has had and that are still there, the present one last. */
export interface NamedPods {
  readonly name: string;
  readonly pods: readonly Pod[];
}

/**
 * The pods of a workload under the names that the program has for its replicas. Those of a gang and of a StatefulSet have a number
 * of their own; those of a Deployment are counted by age, so that `api-0` is the oldest. What leaves is left out.
 */
export function namedPods(kind: WorkloadKind, workload: string, all: readonly Pod[]): NamedPods[] {
  const pods = all.filter(({ metadata }) => metadata.deletionTimestamp === undefined).sort(older);
  if (kind === "job") return pods.length === 0 ? [] : [{ name: workload, pods }];
  if (kind === "service")
    return pods.map((pod, index) => ({ name: numbered(workload, pod) ?? `${workload}-${index}`, pods: [pod] })).sort(byName);
  const byIndex = new Map<string, Pod[]>();
  for (const pod of pods) {
    const index = pod.metadata.labels?.[INDEX] ?? "0";
    byIndex.set(index, [...(byIndex.get(index) ?? []), pod]);
  }
  return [...byIndex].map(([index, own]) => ({ name: `${workload}-${index}`, pods: own })).sort(byName);
}

/** Name of a pod of a StatefulSet, which is one of the program's already. */
function numbered(workload: string, { metadata: { name } }: Pod): string | undefined {
  return new RegExp(`^${workload}-\\d+$`).test(name) ? name : undefined;
}

function older(a: Pod, b: Pod): number {
  const [x, y] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp} ${metadata.name}`);
  return (x ?? "") < (y ?? "") ? -1 : 1;
}

function byName(a: NamedPods, b: NamedPods): number {
  return a.name.localeCompare(b.name, "en", { numeric: true });
}

/** A replica as its pods show it. */
export function liveReplica(kind: WorkloadKind, { name, pods }: NamedPods): LiveReplica {
  const pod = pods.at(-1);
  const status = pod?.status.containerStatuses?.[0];
  const why = pod === undefined ? "is gone" : troubleOf(kind, pod);
  const lost = pods.slice(0, -1).filter((one) => exitOf(one) !== undefined).length;
  const before = pods.at(-2);
  const end = status?.state?.terminated ?? status?.lastState?.terminated ?? (before && ended(before));
  return {
    name,
    object: pod?.metadata.name ?? name,
    ready: why === undefined,
    why,
    image: pod?.spec.containers[0]?.image,
    metricsPort: pod && metricsPortOf(kind, pod),
    restarts: (status?.restartCount ?? 0) + lost,
    since: timeText(status?.state?.running?.startedAt),
    lastEnd: end && endFrom(end),
  };
}

function metricsPortOf(kind: WorkloadKind, { spec }: Pod): number | undefined {
  const [container] = spec.containers;
  const port = container?.readinessProbe?.httpGet?.port;
  if (kind === "service") return typeof port === "number" ? port : undefined;
  return kind === "gang" ? memberMetricsPort(container?.env?.find(({ name }) => name === "METRICS_PORT")?.value) : undefined;
}

/** Why a pod does not do what it should, as the end of a sentence. */
function troubleOf(kind: WorkloadKind, pod: Pod): string | undefined {
  const [status] = pod.status.containerStatuses ?? [];
  const now = status?.state?.terminated;
  if (now?.exitCode === 0 && kind !== "service") return undefined;
  if (status?.state?.running !== undefined) {
    if (kind === "job") return "has not ended yet";
    return kind === "gang" || status.ready ? undefined : "runs, but is not ready";
  }
  const cause = startFailureMessage(pod) ?? placementFailureMessage(pod);
  if (cause !== undefined) return `has not started: ${cause}`;
  const last = now ?? status?.lastState?.terminated;
  if (last === undefined) return "has not started yet";
  return endText(endOf(pod, last, "its limit"), last.exitCode === LOST_PEER ? "has lost a peer and ended" : "ended");
}

function ended({ status }: Pod) {
  return status.containerStatuses?.[0]?.state?.terminated;
}

function exitOf(pod: Pod): number | undefined {
  return ended(pod)?.exitCode;
}

function endFrom({ exitCode, reason, finishedAt }: NonNullable<ReturnType<typeof ended>>): LastEnd {
  return { at: timeText(finishedAt), exitCode, outOfMemory: reason === "OOMKilled" };
}

function timeText(time: string | Date | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
