import { PassThrough, type Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import Modem from "docker-modem";
import type Docker from "dockerode";

import {
  type LiveWorkload,
  type LogLine,
  type LogRequest,
  type LogSource,
  type LogSources,
  linesIn,
  MILLISECOND,
  secondsOf,
  timeOf,
} from "../workload/adapter/index.ts";
import { OWNER_LABEL, WORKLOAD_LABEL } from "./labels.ts";
import type { LiveApi } from "./live.ts";

type Asked = Pick<LiveApi, "find" | "get" | "request">;
const NEWLINE = 0x0a;

type Query = Record<string, string | number | boolean>;

/** What containers of workloads log. The engine keeps what a container has written over all its runs. */
export class ContainerLogs implements LogSources {
  private readonly api: Asked;
  private readonly owner: string;
  private readonly workloads: readonly LiveWorkload[];
  private readonly only: readonly string[];
  private readonly request: LogRequest;

  /** @param owner the state's id · @param only replicas of these names; none: all */
  constructor(api: Asked, owner: string, workloads: readonly LiveWorkload[], only: readonly string[], request: LogRequest) {
    this.api = api;
    this.owner = owner;
    this.workloads = workloads;
    this.only = only;
    this.request = request;
  }

  async now(): Promise<readonly LogSource[]> {
    const seen = await Promise.all([...(await this.containers())].map(async ([id, name]) => ({ name, seen: await this.inspect(id) })));
    return seen.flatMap(({ name, seen: container }) =>
      container === undefined || (this.only.length > 0 && !this.only.includes(name)) ? [] : [this.source(name, container)],
    );
  }

  async *changes(): AsyncGenerator<void> {
    const filters = JSON.stringify({ type: ["container"], event: ["start", "die", "destroy"], label: [`${OWNER_LABEL}=${this.owner}`] });
    const events = await this.api.request<Readable>("GET", "/events", { query: { filters }, isStream: true });
    const stop = () => events.destroy();
    this.request.signal.addEventListener("abort", stop, { once: true });
    yield;
    try {
      for await (const _ of events) yield;
    } catch (error) {
      if (!this.request.signal.aborted) throw error;
    } finally {
      stop();
    }
  }

  /** Names in the program by id: those that the state has, and those that a deployment has made since. */
  private async containers(): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>();
    for (const workload of this.workloads) {
      const label = [`${OWNER_LABEL}=${this.owner}`, `${WORKLOAD_LABEL}=${workload.name}`];
      const found = await this.api.get<Docker.ContainerInfo[]>("/containers/json", { all: true, filters: JSON.stringify({ label }) });
      for (const { object, name } of workload.replicas) names.set(object, name);
      for (const { Id, Names } of found) {
        const own = (Names[0] ?? Id).replace(/^\//, "");
        names.set(own, workload.replicas.find(({ object }) => object === own)?.name ?? nameOf(own, workload.name));
      }
    }
    return names;
  }

  private inspect(container: string): Promise<Docker.ContainerInspectInfo | undefined> {
    return this.api.find(`/containers/${container}/json`);
  }

  private source(replica: string, { Id, State }: Docker.ContainerInspectInfo): LogSource {
    const { since, previous, tail, signal } = this.request;
    const begun = timeOf(State.StartedAt);
    const before: Query = previous && State.Running && begun !== undefined ? { until: secondsOf(begun - 1n) } : {};
    // The engine counts the last lines before it looks at their times.
    const most: Query = tail === undefined || previous ? {} : { tail };
    const from: Query = since === undefined ? {} : { since: secondsOf(BigInt(since) * MILLISECOND) };
    return {
      replica,
      run: `${Id} ${State.StartedAt}`,
      running: State.Running || State.Restarting,
      history: () => this.lines(Id, replica, { ...from, ...before, ...most }),
      live: (after) =>
        signal.aborted
          ? none()
          : this.lines(Id, replica, { ...from, ...(after === undefined ? {} : { since: secondsOf(after + 1n) }), follow: true }),
    };
  }

  private async *lines(id: string, replica: string, query: Query): AsyncGenerator<LogLine> {
    const stream = await this.api.request<Readable>("GET", `/containers/${id}/logs`, {
      query: { stdout: true, stderr: true, timestamps: true, ...query },
      isStream: true,
    });
    const both = new PassThrough();
    const outputs = [wholeLines(both), wholeLines(both)] as const;
    Modem.prototype.demuxStream(stream, ...outputs);
    const stop = () => stream.destroy();
    const end = () => void Promise.all(outputs.map((output) => finished(output.end()))).then(() => both.end());
    stream.once("close", end).once("error", end);
    this.request.signal.addEventListener("abort", stop, { once: true });
    try {
      yield* linesIn(both, replica);
    } finally {
      this.request.signal.removeEventListener("abort", stop);
      stop();
    }
  }
}

/** Passes on what is written line by line, so that the two outputs of a container never share one. */
function wholeLines(into: PassThrough): Writable {
  let rest = Buffer.alloc(0);
  // After Ctrl-C the reader is gone, and the engine still sends.
  const pass = (part: Buffer, done: (error?: Error | null) => void) => (into.destroyed ? done() : into.write(part, done));
  return new Writable({
    write(part: Buffer, _encoding, done) {
      const all = Buffer.concat([rest, part]);
      const end = all.lastIndexOf(NEWLINE) + 1;
      rest = all.subarray(end);
      pass(all.subarray(0, end), done);
    },
    final(done) {
      pass(rest, done);
    },
  });
}

async function* none(): AsyncGenerator<LogLine> {}

/** `shop-api-1` of workload `api` is `api-1`. */
function nameOf(container: string, workload: string): string {
  const index = container.lastIndexOf(workload);
  return index < 0 ? container : container.slice(index);
}
