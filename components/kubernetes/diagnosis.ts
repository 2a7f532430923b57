import { LOG_LINES, LOST_PEER, linesOf, oneLine } from "../workload/adapter/failure.ts";
import { type Cluster, messageOf } from "./cluster.ts";
import { endMessage, type Pod, placementFailureMessage, startFailureMessage } from "./pod-status.ts";
import { NO_SANDBOX, type SandboxFailure } from "./sandbox.ts";

/** Pods whose logs and events are read. */
const SAMPLE = 5;
/** Lines of a log within a sentence. */
const FEW = 3;
/** What a node says when it ends a container itself. */
const ENDED_FOR = /failed ((?:startup|liveness) probe)/;

interface Event extends SandboxFailure {
  readonly reason?: string;
  readonly involvedObject: { readonly kind?: string; readonly name?: string; readonly uid?: string };
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
}

/** Explains in plain words why a workload is not ready. */
export class Diagnosis {
  private readonly cluster: Cluster;
  private readonly root: string;

  constructor(cluster: Cluster, namespace: string) {
    this.cluster = cluster;
    this.root = `/api/v1/namespaces/${namespace}`;
  }

  /** The pods that a label selector selects, newest first, those that only lost a peer last; none where they cannot be listed. */
  pods(selector: string): Promise<readonly Pod[]> {
    return this.listed(selector).catch(() => []);
  }

  private async listed(selector: string): Promise<readonly Pod[]> {
    const { items } = await this.cluster.get<{ items: Pod[] }>(`${this.root}/pods`, { labelSelector: selector });
    const blame = (pod: Pod) => Number(exitCodeOf(pod) !== LOST_PEER);
    const newer = (a: Pod, b: Pod) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1);
    return items.sort((a, b) => blame(b) - blame(a) || newer(a, b));
  }

  /**
   * One sentence about the first pod that is not as it should be.
   *
   * @param owner name that the workload's objects begin with · @param memorySetting that gives its memory limit
   */
  async reason(owner: string, selector: string, memorySetting?: string): Promise<string> {
    const all = await this.listed(selector).catch(messageOf);
    if (typeof all === "string") return `its pods, which show why, cannot be listed: ${all}`;
    const pods = all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (pods.length === 0) return (await this.podRefusal(owner)) ?? "no pod has been created yet";
    const cause = pods.map((pod) => placementFailureMessage(pod) ?? startFailureMessage(pod)).find((message) => message !== undefined);
    if (cause !== undefined) return cause;
    // A thousand members have the same trouble: a few of them show it.
    for (const pod of pods.slice(0, SAMPLE)) {
      const trouble = (await this.endOf(pod, memorySetting)) ?? (await this.warningOf(pod));
      if (trouble !== undefined) return trouble;
    }
    // A quota may hold up new replicas while old ones are well.
    return (await this.podRefusal(owner)) ?? "it has started, but is not ready yet";
  }

  /** What the cluster warned of last about an object. */
  async lastWarning(object: string): Promise<string | undefined> {
    const last = (await this.events({ fieldSelector: `involvedObject.name=${object},type=Warning` })).at(-1)?.message;
    return last === undefined ? undefined : oneLine(last);
  }

  /** Where nodes failed to make the sandboxes of pods, the latest last. */
  sandboxFailures(): Promise<readonly SandboxFailure[]> {
    return this.events({ fieldSelector: `reason=${NO_SANDBOX}` });
  }

  /** Which probe a pod's node has ended its container for, where it did, in the node's words. @param uid of the pod */
  async endedFor(uid: string): Promise<string | undefined> {
    const events = await this.events({ fieldSelector: `involvedObject.uid=${uid}` });
    const ends = events.flatMap(({ reason, message = "" }) => (reason === "Killing" ? (ENDED_FOR.exec(message)?.[1] ?? []) : []));
    const last = ends.at(-1);
    if (last === undefined) return undefined;
    const isFailure = ({ reason, message = "" }: Event) => reason === "Unhealthy" && message.toLowerCase().startsWith(last);
    return oneLine(events.findLast(isFailure)?.message ?? `it fails its ${last}`);
  }

  /** The last lines that a pod's container wrote. @param previous whether those of its run before the last restart */
  async lastLines(pod: string, lines = LOG_LINES, previous = false): Promise<string[]> {
    const query = { tailLines: String(lines), ...(previous ? { previous: "true" } : {}) };
    const text = await this.cluster.text(`${this.root}/pods/${pod}/log`, query).catch(() => "");
    return linesOf(text);
  }

  private async endOf(pod: Pod, memorySetting: string | undefined): Promise<string | undefined> {
    const [status] = pod.status.containerStatuses ?? [];
    const end =
      status?.state?.terminated ?? (status?.state?.waiting?.reason === "CrashLoopBackOff" ? status.lastState?.terminated : undefined);
    if (status === undefined || end === undefined || end.exitCode === 0) return undefined;
    const log = await this.lastLines(pod.metadata.name, FEW, status.state?.terminated === undefined);
    const how = endMessage(end, memorySetting) ?? `ends with exit code ${end.exitCode}`;
    const again = status.restartCount === 0 ? "" : ` and was started again ${status.restartCount} times`;
    return `${pod.metadata.name} ${how}${again}; its last log lines: ${log.length === 0 ? "none" : log.join(" | ")}`;
  }

  /** The node's last warning: a probe, a volume it cannot mount, a sandbox it cannot create. */
  private async warningOf(pod: Pod): Promise<string | undefined> {
    const [status] = pod.status.containerStatuses ?? [];
    if (status?.ready === true) return undefined;
    const events = await this.events({ fieldSelector: `involvedObject.name=${pod.metadata.name},type=Warning` });
    // The scheduler's are shown together with what the pod needs, or not yet at all.
    const last = events.filter(({ reason }) => reason !== "FailedScheduling").at(-1)?.message;
    if (last === undefined) return undefined;
    const restarts = (status?.restartCount ?? 0) === 0 ? "" : ` (started again ${status?.restartCount} times)`;
    const how = status?.state?.running === undefined ? "has not started" : `runs${restarts}, but is not ready`;
    return `${pod.metadata.name} ${how}: ${oneLine(last)}`;
  }

  /** Why no pod could be created: quotas, admission and missing accounts show at the object that creates pods. */
  private async podRefusal(owner: string): Promise<string | undefined> {
    const events = await this.events({ fieldSelector: "reason=FailedCreate" });
    // A Deployment's pods are created by an object whose name adds a hash, written without vowels.
    const creators = new RegExp(`^${owner}(-[b-df-hj-np-tv-z0-9]{1,10})?$`);
    const mine = events.filter(({ involvedObject: { name = "" } }) => creators.test(name)).at(-1);
    return mine?.message === undefined ? undefined : `no pod could be created: ${oneLine(mine.message)}`;
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
