import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";

import type {
  Forward,
  LastEnd,
  LiveReplica,
  LiveWorkload,
  LogRequest,
  Operations,
  ShellRequest,
  StateResource,
  StateWorkload,
} from "../workload/adapter/index.ts";
import { httpGet, streamLogs, workloadsIn } from "../workload/adapter/index.ts";
import { EngineApi } from "./api.ts";
import { Engine } from "./engine.ts";
import { OWNER_LABEL } from "./labels.ts";
import { asked } from "./live-asked.ts";
import { endsIn } from "./live-ends.ts";
import { ContainerLogs } from "./live-logs.ts";
import { containersOf, liveWorkload } from "./live-look.ts";
import { restartGang, restartService } from "./live-restart.ts";
import { askedNow } from "./readiness.ts";
import type { Answered } from "./trouble.ts";

/** Milliseconds that an answer of `/metrics` may take. */
const PATIENCE = 1500;

/** What is asked of the engine's API. */
export type LiveApi = Pick<EngineApi, "get" | "find" | "request">;

/** A stack's containers on a Docker engine, for those who run it. */
export class DockerOperations implements Operations {
  private readonly workloads: readonly StateWorkload[];
  private readonly owner: string;
  private readonly api: LiveApi;
  private readonly engine: Engine;

  /** @param owner the state's id, by which all it made is labelled */
  constructor(state: readonly StateResource[], owner: string, api: LiveApi = new EngineApi(), engine: Engine = new Engine()) {
    this.workloads = workloadsIn(state);
    this.owner = owner;
    this.api = api;
    this.engine = engine;
  }

  async look(): Promise<readonly LiveWorkload[]> {
    const ids = this.workloads.flatMap((workload) => (workload.kind === "task" ? [] : containersOf(workload).map(({ id }) => id)));
    return asked(async () => {
      const [found, ends] = await Promise.all([
        Promise.all(ids.map((id) => this.api.find<Docker.ContainerInspectInfo>(`/containers/${id}/json`))),
        this.lastEnds(),
      ]);
      const containers = new Map(found.flatMap((one) => (one === undefined ? [] : [[one.Id, one] as const])));
      const answers = await this.answers(containers);
      return this.workloads.map((workload) => liveWorkload(workload, { containers, answers, ends, now: Date.now() }));
    });
  }

  async metrics({ object, metricsPort }: LiveReplica): Promise<string | undefined> {
    if (metricsPort === undefined) return undefined;
    const { exitCode, said } = await this.engine
      .run(object, httpGet(metricsPort, "/metrics"), PATIENCE)
      .catch(() => ({ exitCode: 1, said: "" }));
    return exitCode === 0 ? said : undefined;
  }

  logs(workloads: readonly LiveWorkload[], only: readonly string[], request: LogRequest): Promise<void> {
    const logs = new ContainerLogs(this.api, this.owner, workloads, only, request);
    return asked(() =>
      streamLogs(
        logs,
        request,
        workloads.every(({ kind }) => kind === "job"),
      ),
    );
  }

  async shell(_workload: LiveWorkload, replica: LiveReplica, request: ShellRequest): Promise<number> {
    const { runInside } = await import("./live-shell.ts");
    return asked(() => runInside(replica, request));
  }

  restart(workload: LiveWorkload, say: (line: string) => void): Promise<void> {
    return asked(() => (workload.kind === "gang" ? restartGang : restartService)(this.api, this.engine, workload, say));
  }

  /** A port of the host leads to a container from its beginning, or never. */
  async forward(): Promise<Forward | undefined> {
    return undefined;
  }

  /** What the containers of services answer that the engine has not seen ready; all are asked at once. */
  private async answers(containers: ReadonlyMap<string, Docker.ContainerInspectInfo>): Promise<ReadonlyMap<string, Answered>> {
    const services = this.workloads.filter(({ kind }) => kind === "service").flatMap((workload) => containersOf(workload));
    const asked = await Promise.all(
      services.map(async ({ id }) => {
        const seen = containers.get(id);
        const answered = seen && (await askedNow(this.engine, seen));
        return answered === undefined ? [] : [[id, answered] as const];
      }),
    );
    return new Map(asked.flat());
  }

  /** The engine remembers the last few hundred events of all its containers. */
  private async lastEnds(): Promise<ReadonlyMap<string, LastEnd>> {
    const filters = JSON.stringify({ type: ["container"], event: ["die", "oom"], label: [`${OWNER_LABEL}=${this.owner}`] });
    const query = { since: 0, until: Math.ceil(Date.now() / 1000), filters };
    const events = await this.api.request<Readable>("GET", "/events", { query, isStream: true });
    return endsIn(await text(events));
  }
}
