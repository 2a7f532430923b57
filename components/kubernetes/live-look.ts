import { type LiveWorkload, memberNames, type StateResource, type StateWorkload, type WorkloadKind } from "../workload/adapter/index.ts";
import { deviationText } from "../workload/drift.ts";
import type { Cluster } from "./cluster.ts";
import { changed } from "./deviations.ts";
import { Diagnosis } from "./diagnosis.ts";
import { type LostField, lostFields } from "./drift.ts";
import type { Existing } from "./existing.ts";
import { hopeless, newestOf } from "./hopeless.ts";
import { JOBS, WORKLOAD_LABEL } from "./labels.ts";
import { liveReplica, type NamedPods, namedPods } from "./live-pods.ts";
import type { Pod } from "./pod-status.ts";
import { probationOf } from "./probation.ts";
import { deploymentProgress, failureOf, gangProgress, jobProgress, statefulSetProgress } from "./progress.ts";

/** What is asked of the cluster. */
export type Asked = Pick<Cluster, "get" | "find" | "text">;

/** What the namespace of a stack has now. */
export interface Seen {
  /** Deployments, StatefulSets and Jobs by `Kind/name`. */
  readonly objects: ReadonlyMap<string, Existing>;
  readonly pods: readonly Pod[];
  /** Names of the jobs that have succeeded, whether or not their objects are still there. */
  readonly succeeded: ReadonlySet<string>;
}

const KINDS = { Deployment: "apps/v1/deployments", StatefulSet: "apps/v1/statefulsets", Job: "batch/v1/jobs" } as const;

/** Reads what a stack has in its namespace. @param selector of all its objects · @param record name of the object that notes the last deployment */
export async function readSeen(cluster: Asked, namespace: string, selector: string, record: string | undefined): Promise<Seen> {
  const query = { labelSelector: selector };
  const lists = Object.entries(KINDS).map(async ([kind, path]) => {
    const [group, version, plural] = path.split("/");
    const { items } = await cluster.get<{ items: Existing[] }>(`/apis/${group}/${version}/namespaces/${namespace}/${plural}`, query);
    return items.map((one) => [`${kind}/${one.metadata.name}`, one] as const);
  });
  const [objects, pods, note] = await Promise.all([
    Promise.all(lists),
    cluster.get<{ items: Pod[] }>(`/api/v1/namespaces/${namespace}/pods`, query),
    record === undefined ? undefined : cluster.find<Existing>(`/api/v1/namespaces/${namespace}/configmaps/${record}`),
  ]);
  const jobs: object = JSON.parse(note?.metadata.annotations?.[JOBS] ?? "{}");
  return { objects: new Map(objects.flat()), pods: pods.items, succeeded: new Set(Object.keys(jobs)) };
}

/** Pods of one workload. */
export function podsOf({ pods }: Pick<Seen, "pods">, workload: string): Pod[] {
  return pods.filter(({ metadata }) => metadata.labels?.[WORKLOAD_LABEL] === workload);
}

/** A workload as it is now, by the rules by which a deployment judges it. @param explain why one is not ready, in plain words */
export async function liveWorkload(
  workload: StateWorkload,
  seen: Seen,
  now: number,
  explain: (workload: string) => Promise<string>,
): Promise<LiveWorkload> {
  const { resources, ...declared } = workload;
  const { kind, name } = workload;
  const nothing = { remarks: [], ready: 0, wanted: 0, doneAt: undefined, replicas: [] };
  if (kind === "task") return { ...declared, ...nothing, kept: true, why: undefined };
  const resource = resources.find(({ type }) => TYPE.test(type));
  const wantedKind = TYPE.exec(resource?.type ?? "")?.[1] ?? "Deployment";
  const wanted = wantedIn(resource);
  const object = seen.objects.get(`${wantedKind}/${name}`);
  if (object === undefined) {
    const done = kind === "job" && seen.succeeded.has(name);
    const why = done ? undefined : `${kind} "${name}" is gone: ${wantedKind} "${name}" is not in the namespace; npm start makes it again`;
    return { ...declared, ...nothing, kept: done, why, wanted };
  }
  const pods = podsOf(seen, name);
  const replicas = withMissing(kind, name, wanted, namedPods(kind, name, pods)).map((named) => liveReplica(kind, named));
  const trouble = await troubleOf({ workload, object, pods, wanted, now, explain });
  const lost = resource?.inputs === undefined ? [] : lostFields(resource.inputs, object);
  return {
    ...declared,
    kept: trouble === undefined,
    why: trouble,
    remarks: remarksOf(`${kind} "${name}"`, `${wantedKind} "${name}"`, resource?.inputs ?? {}, object, lost),
    ready: kind === "job" ? Number(jobProgress(object).done) : replicas.filter(({ ready }) => ready).length,
    wanted,
    doneAt: kind === "service" ? undefined : completedAt(object),
    replicas,
  };
}

/** Members have numbers of their own, so that it is known which are not there. */
function withMissing(kind: WorkloadKind, name: string, wanted: number, found: readonly NamedPods[]): readonly NamedPods[] {
  if (kind !== "gang") return found;
  return memberNames(name, wanted).map((member) => found.find((one) => one.name === member) ?? { name: member, pods: [] });
}

const TYPE = /^kubernetes:(?:apps|batch)\/v1:(Deployment|StatefulSet|Job)$/;

interface Judged {
  readonly workload: StateWorkload;
  readonly object: Existing;
  readonly pods: readonly Pod[];
  readonly wanted: number;
  readonly now: number;
  readonly explain: (workload: string) => Promise<string>;
}

async function troubleOf({ workload: { kind, name }, object, pods, wanted, now, explain }: Judged): Promise<string | undefined> {
  const { spec = {} } = object;
  if (kind === "job") {
    const { done, failed = false } = jobProgress(object);
    if (done) return undefined;
    return failed ? `it failed: ${await explain(name)}` : `it has not ended yet`;
  }
  if (kind === "gang") {
    if (failureOf(object) !== undefined) return `gang "${name}" has failed: ${await explain(name)}`;
    const created = gangProgress(object).done;
    return created && pods.every(({ status }) => status.phase !== "Pending") ? undefined : explain(name);
  }
  const progress = spec.template === undefined || object.status?.updateRevision === undefined ? deploymentProgress : statefulSetProgress;
  // What was scaled by hand keeps a promise that nobody has made.
  const { done } = progress({ ...object, spec: { ...spec, replicas: wanted } });
  if (done) return probationOf(pods, now)?.text;
  // Those that are asked for are well: no pod says why the others are missing.
  if (spec.replicas !== wanted && progress(object).done) return `it was set to ${spec.replicas} of ${wanted} replicas`;
  return hopeless(newestOf([...pods].sort(newest), object), `resources.memory of "${name}"`)?.why ?? explain(name);
}

function newest(a: Pod, b: Pod): number {
  return a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1;
}

/** How many pods the last deployment declared. */
function wantedIn(resource: StateResource | undefined): number {
  const { spec }: { spec?: { replicas?: unknown; parallelism?: unknown } } = Object(resource?.inputs ?? {});
  const wanted = spec?.replicas ?? spec?.parallelism ?? 1;
  return typeof wanted === "number" ? wanted : 1;
}

function completedAt({ status }: Existing): string | undefined {
  const complete = status?.conditions?.find(({ type, status: is }) => type === "Complete" && is === "True");
  const { lastTransitionTime }: { lastTransitionTime?: unknown } = Object(complete ?? {});
  return typeof lastTransitionTime === "string" ? lastTransitionTime : undefined;
}

/** In the words of a preview. */
function remarksOf(title: string, object: string, declared: object, existing: Existing, lost: readonly LostField[]): string[] {
  const known = lost.filter(({ path, by }) => by !== undefined || path === "spec.replicas");
  return changed(title, object, known, declared, existing).map((one) => `${one.subject} ${deviationText(one)}`);
}

/** Explains why workloads are not ready. */
export function explainer(cluster: Cluster, namespace: string, selector: string): (workload: string) => Promise<string> {
  const diagnosis = new Diagnosis(cluster, namespace);
  return (workload) => diagnosis.reason(workload, `${selector},${WORKLOAD_LABEL}=${workload}`, `resources.memory of "${workload}"`);
}
