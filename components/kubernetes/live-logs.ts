import type { IncomingMessage } from "node:http";

import { type LiveWorkload, type LogLine, type LogRequest, type LogSource, type LogSources, linesIn } from "../workload/adapter/index.ts";
import { ApiError, type Cluster } from "./cluster.ts";
import { WORKLOAD_LABEL } from "./labels.ts";
import { namedPods } from "./live-pods.ts";
import type { Pod } from "./pod-status.ts";

/** What is asked of the cluster. */
type Asked = Pick<Cluster, "get" | "stream">;

/** What pods of workloads log. A node keeps what a container has written in its present run and in the one before. */
export class PodLogs implements LogSources {
  private readonly cluster: Asked;
  private readonly root: string;
  private readonly selector: string;
  private readonly workloads: readonly LiveWorkload[];
  private readonly only: readonly string[];
  private readonly request: LogRequest;
  /** A pod keeps its name while it is followed, whichever others come and go. */
  private readonly names = new Map<string, string>();

  /** @param selector of the stack's pods · @param only replicas of these names; none: all */
  constructor(
    cluster: Asked,
    namespace: string,
    selector: string,
    { workloads, only }: { workloads: readonly LiveWorkload[]; only: readonly string[] },
    request: LogRequest,
  ) {
    this.cluster = cluster;
    this.root = `/api/v1/namespaces/${namespace}/pods`;
    this.selector = `${selector},${WORKLOAD_LABEL} in (${workloads.map(({ name }) => name).join(",")})`;
    this.workloads = workloads;
    this.only = only;
    this.request = request;
  }

  async now(): Promise<readonly LogSource[]> {
    const { items } = await this.cluster.get<{ items: Pod[] }>(this.root, { labelSelector: this.selector });
    return this.workloads.flatMap(({ kind, name: workload }) => {
      const own = items.filter(({ metadata }) => metadata.labels?.[WORKLOAD_LABEL] === workload);
      return namedPods(kind, workload, own).flatMap(({ name, pods }) => {
        const [present] = pods.slice(-1);
        const known = present === undefined || kind !== "service" ? name : this.nameOf(present, name, workload, own);
        return present === undefined || (this.only.length > 0 && !this.only.includes(known)) ? [] : [this.source(known, pods, present)];
      });
    });
  }

  async *changes(): AsyncGenerator<void> {
    let first = true;
    for (;;) {
      const query = { labelSelector: this.selector, watch: "true" };
      const events = await this.cluster.stream("GET", this.root, { query, silence: "allowed" });
      const stop = () => events.destroy();
      this.request.signal.addEventListener("abort", stop, { once: true });
      if (first) yield;
      first = false;
      try {
        for await (const _ of events) yield;
      } catch (error) {
        if (!this.request.signal.aborted && !events.destroyed) throw error;
      } finally {
        this.request.signal.removeEventListener("abort", stop);
        stop();
      }
      // The server ends a watch now and then.
      if (this.request.signal.aborted) return;
    }
  }

  /** A new pod of a Deployment takes the first number that is free. */
  private nameOf({ metadata: { name: pod } }: Pod, name: string, workload: string, own: readonly Pod[]): string {
    const known = this.names.get(pod);
    if (known !== undefined) return known;
    const there = new Set(own.flatMap(({ metadata }) => (metadata.name === pod ? [] : (this.names.get(metadata.name) ?? []))));
    let free = name;
    for (let index = 0; there.has(free); index++) free = `${workload}-${index}`;
    this.names.set(pod, free);
    return free;
  }

  private source(replica: string, pods: readonly Pod[], present: Pod): LogSource {
    const [status] = present.status.containerStatuses ?? [];
    const { name } = present.metadata;
    const { running, terminated } = status?.state ?? {};
    const begun = running !== undefined || terminated !== undefined;
    return {
      replica,
      run: `${name} ${status?.restartCount ?? 0} ${begun}`,
      running: terminated === undefined,
      history: () => this.history(replica, pods, present),
      live: (after) => (begun ? this.after(after, this.lines(name, replica, { follow: "true", ...sinceOf(after) })) : none()),
    };
  }

  private async *history(replica: string, pods: readonly Pod[], present: Pod): AsyncGenerator<LogLine> {
    const { previous, since, tail } = this.request;
    const query = {
      ...sinceOf(since === undefined ? undefined : BigInt(since) * 1_000_000n),
      ...(tail === undefined ? {} : { tailLines: String(tail) }),
    };
    for (const pod of pods) {
      const [status] = pod.status.containerStatuses ?? [];
      if ((status?.restartCount ?? 0) > 0) yield* this.lines(pod.metadata.name, replica, { ...query, previous: "true" });
      if (previous && pod === present) return;
      // One whose container has not started yet has no log.
      if (status?.state?.waiting === undefined) yield* this.lines(pod.metadata.name, replica, query);
    }
  }

  /** The server reads a time to the second only. */
  private async *after(after: bigint | undefined, lines: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
    for await (const line of lines) if (after === undefined || line.at > after) yield line;
  }

  private async *lines(pod: string, replica: string, query: Readonly<Record<string, string>>): AsyncGenerator<LogLine> {
    const log = await this.open(pod, query);
    if (log === undefined) return;
    const stop = () => log.destroy();
    this.request.signal.addEventListener("abort", stop, { once: true });
    try {
      yield* linesIn(log, replica);
    } catch (error) {
      // A connection that breaks off is followed by another when the pod is seen again.
      if (!log.destroyed) throw error;
    } finally {
      this.request.signal.removeEventListener("abort", stop);
      stop();
    }
  }

  private async open(pod: string, query: Readonly<Record<string, string>>): Promise<IncomingMessage | undefined> {
    const call = { query: { timestamps: "true", ...query }, silence: "allowed" } as const;
    return this.cluster.stream("GET", `${this.root}/${pod}/log`, call).catch((error: unknown) => {
      // It is gone by now, or has not begun: what it wrote is nowhere.
      if (error instanceof ApiError && (error.status === 404 || error.status === 400)) return undefined;
      throw error;
    });
  }
}

async function* none(): AsyncGenerator<LogLine> {}

function sinceOf(at: bigint | undefined): { sinceTime?: string } {
  return at === undefined ? {} : { sinceTime: `${new Date(Number(at / 1_000_000n)).toISOString().slice(0, 19)}Z` };
}
