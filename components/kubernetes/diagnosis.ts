import { oneLine } from "../workload/adapter/failure.ts";
import type { Cluster } from "./cluster.ts";
import { endMessage, type Pod, placementFailureMessage, startFailureMessage } from "./pod-status.ts";

/** Lines of a log that a failure shows. */
const SHOWN = 20;
/** Pods whose logs and events are looked into. */
const ASKED = 5;
/** What a member of a gang ends with that is not to blame. */
const LOST_PEER = 75;
/** Lines that it shows in passing, where the log is not the point. */
const FEW = 3;

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
    const plain = pods.map((pod) => placementFailureMessage(pod) ?? startFailureMessage(pod)).find((message) => message !== undefined);
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
    const how = endMessage(end) ?? `ends with exit code ${end.exitCode}`;
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

function exitCodeOf(pod: Pod): number | undefined {
  return pod.status.containerStatuses?.[0]?.state?.terminated?.exitCode;
}
