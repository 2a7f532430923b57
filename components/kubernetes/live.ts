import { Writable } from "node:stream";

import {
  type Forward,
  httpGet,
  type LiveReplica,
  type LiveWorkload,
  type LogRequest,
  type Operations,
  type ShellRequest,
  type StateResource,
  type StateWorkload,
  streamLogs,
  workloadsIn,
} from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";
import { STACK_LABEL, WORKLOAD_LABEL } from "./labels.ts";
import { asked } from "./live-asked.ts";
import { PodLogs } from "./live-logs.ts";
import { explainer, liveWorkload, podsOf, readSeen } from "./live-look.ts";
import type { Pod } from "./pod-status.ts";

/** Milliseconds that an answer of `/metrics` may take. */
const PATIENCE = 2000;

/** A stack's pods in a namespace, for those who run it. */
export class KubernetesOperations implements Operations {
  private readonly cluster: Cluster;
  private readonly workloads: readonly StateWorkload[];
  private readonly namespace: string;
  private readonly stack: string;
  private readonly record: string | undefined;

  /** @param stack `<project>.<stack>`, the value of the stack label */
  constructor(cluster: Cluster, state: readonly StateResource[], stack: string) {
    this.cluster = cluster;
    this.workloads = workloadsIn(state);
    this.stack = stack;
    const ids = state.flatMap(({ type, id }) => (type.startsWith("kubernetes:") && id?.includes("/") === true ? [id.split("/")] : []));
    this.namespace = ids[0]?.[0] ?? "default";
    this.record = state.find(({ type, urn }) => type === "kubernetes:core/v1:ConfigMap" && urn.endsWith("::deployed"))?.id?.split("/")[1];
  }

  look(): Promise<readonly LiveWorkload[]> {
    return this.asked(async () => {
      const seen = await readSeen(this.cluster, this.namespace, this.selector, this.record);
      const explain = explainer(this.cluster, this.namespace, this.selector);
      return Promise.all(this.workloads.map((workload) => liveWorkload(workload, seen, Date.now(), explain)));
    });
  }

  async metrics({ object, metricsPort }: LiveReplica): Promise<string | undefined> {
    if (metricsPort === undefined) return undefined;
    const { Exec } = await import("@kubernetes/client-node/dist/exec.js");
    const parts: Buffer[] = [];
    const output = new Writable({ write: (part: Buffer, _encoding, done) => done(void parts.push(part)) });
    const said = new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), PATIENCE);
      const end = (text: string | undefined) => {
        clearTimeout(timer);
        resolve(text);
      };
      new Exec(this.cluster.config)
        .exec(this.namespace, object, "", httpGet(metricsPort, "/metrics"), output, null, null, false, ({ status }) =>
          end(status === "Success" ? Buffer.concat(parts).toString("utf8") : undefined),
        )
        .then(
          (socket) => {
            socket.onclose = () => end(undefined);
          },
          () => end(undefined),
        );
    });
    return said;
  }

  logs(workloads: readonly LiveWorkload[], only: readonly string[], request: LogRequest): Promise<void> {
    const logs = new PodLogs(this.cluster, this.namespace, this.selector, { workloads, only }, request);
    const ends = workloads.every(({ kind }) => kind === "job");
    return this.asked(() => streamLogs(logs, request, ends));
  }

  async shell({ name }: LiveWorkload, replica: LiveReplica, request: ShellRequest): Promise<number> {
    const { runInside } = await import("./live-shell.ts");
    return this.asked(() => runInside(this.cluster, this.namespace, name, replica, request));
  }

  async restart(workload: LiveWorkload, say: (line: string) => void): Promise<void> {
    const { restartGang, restartService } = await import("./live-restart.ts");
    const where = { namespace: this.namespace, stack: this.stack };
    return this.asked(() => (workload.kind === "gang" ? restartGang : restartService)(this.cluster, where, workload, say));
  }

  async forward({ name }: LiveWorkload, wanted: number | undefined): Promise<Forward | undefined> {
    const port = this.portOf(name);
    if (port === undefined) return undefined;
    const { forwardTo } = await import("./live-forward.ts");
    const root = `/api/v1/namespaces/${this.namespace}/pods`;
    const podOf = async () => {
      const { items } = await this.cluster.get<{ items: Pod[] }>(root, { labelSelector: `${this.selector},${WORKLOAD_LABEL}=${name}` });
      const ready = podsOf({ pods: items }, name).filter(
        ({ metadata, status }) => metadata.deletionTimestamp === undefined && status.containerStatuses?.[0]?.ready === true,
      );
      return ready[0]?.metadata.name;
    };
    return forwardTo(this.cluster, this.namespace, podOf, port, wanted ?? port);
  }

  private get selector(): string {
    return `${STACK_LABEL}=${this.stack}`;
  }

  private asked<T>(ask: () => Promise<T>): Promise<T> {
    return asked(this.cluster, this.namespace, ask);
  }

  /** Port of a service, as its own object says. */
  private portOf(name: string): number | undefined {
    const own = this.workloads.find((workload) => workload.name === name && workload.kind === "service");
    const service = own?.resources.find(({ type, id = "" }) => type === "kubernetes:core/v1:Service" && id.endsWith(`/${name}`));
    const { spec }: { spec?: { ports?: readonly { port?: unknown }[] } } = Object(service?.inputs ?? {});
    const port = spec?.ports?.[0]?.port;
    return typeof port === "number" ? port : undefined;
  }
}
