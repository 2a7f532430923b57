import type { Cluster } from "./cluster.ts";

/** Lines of a log that a failure shows. */
const SHOWN = 20;
/** Pods whose logs and events are looked into. */
const ASKED = 5;
/** What a member of a gang ends with that is not to blame. */
const LOST_PEER = 75;
/** Lines that it shows in passing, where the log is not the point. */
const FEW = 3;

/** A pod as far as a diagnosis reads it. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly containers: readonly PodContainer[];
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly affinity?: Affinity;
  };
  readonly status: {
    readonly phase?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface PodContainer {
  readonly image: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}

interface Affinity {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: {
      readonly nodeSelectorTerms: readonly {
        readonly matchExpressions?: readonly { readonly key: string; readonly values?: readonly string[] }[];
      }[];
    };
  };
}

interface ContainerStatus {
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: State;
  readonly lastState?: State;
}

interface State {
  readonly running?: object;
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly exitCode: number; readonly reason?: string };
}

interface Event {
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject: { readonly kind?: string; readonly name?: string };
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
}

/** Says why a workload of one namespace is not there, in words that need no knowledge of its parts. */
export class Diagnosis {
  private readonly cluster: Cluster;
  private readonly root: string;

  constructor(cluster: Cluster, namespace: string) {
    this.cluster = cluster;
    this.root = `/api/v1/namespaces/${namespace}`;
  }

  /** The pods that a label selector chooses, newest first; those that only lost a peer come last. */
  async pods(selector: string): Promise<readonly Pod[]> {
    const { items } = await this.cluster.get<{ items: Pod[] }>(`${this.root}/pods`, { labelSelector: selector });
    const blame = (pod: Pod) => Number(exitCodeOf(pod) !== LOST_PEER);
    const newer = (a: Pod, b: Pod) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1);
    return items.sort((a, b) => blame(b) - blame(a) || newer(a, b));
  }

  /** One sentence about the first pod that is not as it should be. @param owner name that the workload's objects begin with */
  async reason(owner: string, selector: string): Promise<string> {
    const pods = (await this.pods(selector)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (pods.length === 0) return (await this.notMade(owner)) ?? "no pod has been made yet";
    const plain = pods.map((pod) => unschedulable(pod) ?? waiting(pod)).find((told) => told !== undefined);
    if (plain !== undefined) return plain;
    // A thousand members have the same trouble: a few of them are asked.
    for (const pod of pods.slice(0, ASKED)) {
      const told = (await this.ended(pod)) ?? (await this.troubled(pod));
      if (told !== undefined) return told;
    }
    // A quota may hold up new replicas while old ones are well.
    return (await this.notMade(owner)) ?? "it has started, but is not ready yet";
  }

  /** The last lines that a pod's container wrote, of its last run where it was started again. */
  async lastLines(pod: string, lines = SHOWN, previous = false): Promise<string[]> {
    const query = { tailLines: String(lines), ...(previous ? { previous: "true" } : {}) };
    const text = await this.cluster.text(`${this.root}/pods/${pod}/log`, query).catch(() => "");
    return text.split("\n").filter((line) => line.trim() !== "");
  }

  private async ended(pod: Pod): Promise<string | undefined> {
    const [status] = pod.status.containerStatuses ?? [];
    const end =
      status?.state?.terminated ?? (status?.state?.waiting?.reason === "CrashLoopBackOff" ? status.lastState?.terminated : undefined);
    if (status === undefined || end === undefined || end.exitCode === 0) return undefined;
    const log = await this.lastLines(pod.metadata.name, FEW, status.state?.terminated === undefined);
    const how = end.reason === "OOMKilled" ? "needs more memory than its limit" : `ends with exit code ${end.exitCode}`;
    const again = status.restartCount === 0 ? "" : ` and was started again ${status.restartCount} times`;
    return `${pod.metadata.name} ${how}${again}; its last words: ${log.length === 0 ? "none" : log.join(" | ")}`;
  }

  /** What the node last complained of: a probe, a volume it cannot mount, a sandbox it cannot make. */
  private async troubled(pod: Pod): Promise<string | undefined> {
    const [status] = pod.status.containerStatuses ?? [];
    if (status?.ready === true) return undefined;
    const events = await this.events({ fieldSelector: `involvedObject.name=${pod.metadata.name},type=Warning` });
    // What the scheduler says is told with what the pod needs, or not yet at all.
    const last = events.filter(({ reason }) => reason !== "FailedScheduling").at(-1)?.message;
    if (last === undefined) return undefined;
    const restarts = (status?.restartCount ?? 0) === 0 ? "" : ` (started again ${status?.restartCount} times)`;
    const how = status?.state?.running === undefined ? "has not started" : `runs${restarts}, but is not ready`;
    return `${pod.metadata.name} ${how}: ${oneLine(last)}`;
  }

  /** Quotas, admission and missing accounts show at the object that wanted to make pods. */
  private async notMade(owner: string): Promise<string | undefined> {
    const events = await this.events({ fieldSelector: "reason=FailedCreate" });
    // A Deployment's pods are made by an object whose name adds a hash, written without vowels.
    const made = new RegExp(`^${owner}(-[b-df-hj-np-tv-z0-9]{1,10})?$`);
    const mine = events.filter(({ involvedObject: { name = "" } }) => made.test(name)).at(-1);
    return mine?.message === undefined ? undefined : `no pod could be made: ${oneLine(mine.message)}`;
  }

  private async events(query: Readonly<Record<string, string>>): Promise<Event[]> {
    const list = await this.cluster.find<{ items: Event[] }>(`${this.root}/events`, query);
    const time = ({ lastTimestamp, eventTime }: Event) => lastTimestamp ?? eventTime ?? "";
    return (list?.items ?? []).sort((a, b) => (time(a) < time(b) ? -1 : 1));
  }
}

/** What no node has, next to what the scheduler says of the nodes that are there. */
export function unschedulable(pod: Pod): string | undefined {
  const condition = pod.status.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (condition?.reason !== "Unschedulable") return undefined;
  const labels = Object.entries(pod.spec.nodeSelector ?? {}).map(([key, value]) => `label ${key}=${value}`);
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const models = terms.flatMap(({ matchExpressions = [] }) =>
    matchExpressions.map(({ key, values = [] }) => `label ${key} in (${values.join(", ")})`),
  );
  const amounts = Object.entries(pod.spec.containers[0]?.resources?.requests ?? {}).map(([name, amount]) => `${amount} ${name}`);
  return `no node can take ${pod.metadata.name}, which needs ${[...labels, ...models, ...amounts].join(", ")}; the scheduler says: ${oneLine(condition.message ?? "")}`;
}

/** Why a container has not even started. */
export function waiting(pod: Pod): string | undefined {
  const { reason, message = "" } = pod.status.containerStatuses?.[0]?.state?.waiting ?? {};
  switch (reason) {
    case "ErrImagePull":
    case "ImagePullBackOff":
    case "InvalidImageName":
    case "ErrImageNeverPull":
      return `image "${pod.spec.containers[0]?.image}" cannot be pulled: ${oneLine(message)}; correct the reference, push the image, or give the registry's credentials`;
    case "CreateContainerConfigError":
    case "CreateContainerError":
    case "RunContainerError":
      return `${pod.metadata.name} cannot be started: ${oneLine(message)}`;
    default:
      return undefined;
  }
}

function exitCodeOf(pod: Pod): number | undefined {
  return pod.status.containerStatuses?.[0]?.state?.terminated?.exitCode;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
