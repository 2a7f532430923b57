import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1Job, V1PodStatus } from "@kubernetes/client-node";

import { addressOf, close, listen } from "./loopback.ts";

const TEMPLATE = {
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "train", namespace: "shop", uid: "u-1" },
  spec: {
    schedule: "0 0 31 2 *",
    jobTemplate: { spec: { template: { spec: { containers: [{ name: "train", image: "shop:1" }] } } } },
  },
};

/** An API server that runs the Jobs of one task as a test says, and a kubeconfig that leads to it. */
export class FakeRuns {
  /** Statuses of the run's pod, one each time it is asked for; the last stays. `undefined`: no pod. */
  pod: (V1PodStatus | undefined)[] = [];
  /** Pieces of its log, one for each connection; each repeats the ones before, as the API server does. */
  log: string[] = [""];
  /** Status of the Job. */
  job: V1Job["status"] = {};
  /** Why no pod can be created. */
  notMade: string | undefined;
  /** The Jobs that were created, and the names of those that were removed. */
  readonly made: V1Job[] = [];
  readonly removed: string[] = [];
  /** How many calls for pods it refuses before it answers one. */
  away = 0;
  /** Called with each connection that asks for the log. */
  onLog: () => void = () => {};
  private readonly folder = mkdtempSync(join(tmpdir(), "mlstack-runs-"));
  private readonly server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.once("end", () => this.answer(`${request.method} ${request.url?.split("?")[0]}`, Buffer.concat(parts).toString(), response));
  });

  /** Returns the file that `KUBECONFIG` must name. */
  async start(): Promise<string> {
    await listen(this.server);
    const server = `http://${addressOf(this.server)}`;
    const config = {
      clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "mine", context: { cluster: "c", user: "u" } }],
      "current-context": "mine",
    };
    writeFileSync(join(this.folder, "config"), JSON.stringify(config));
    return join(this.folder, "config");
  }

  async stop(): Promise<void> {
    rmSync(this.folder, { recursive: true });
    await close(this.server);
  }

  private answer(call: string, body: string, response: ServerResponse): void {
    if (/^GET .*\/log$/.test(call)) {
      this.onLog();
      response.end(this.log.length > 1 ? this.log.shift() : this.log[0]);
      return;
    }
    const away = call.endsWith("/pods") && this.away-- > 0;
    const value = away ? undefined : this.objectAt(call, body);
    response.statusCode = away ? 503 : value === undefined ? 404 : 200;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(value ?? { kind: "Status", message: "not found", code: 404 }));
  }

  /** The answer to a call; undefined: not found. */
  private objectAt(call: string, body: string): object | undefined {
    const [, job = ""] = /\/jobs\/(.+)$/.exec(call) ?? [];
    if (/^POST .*\/jobs$/.test(call)) return this.take(JSON.parse(body) as V1Job);
    if (call.startsWith("DELETE") && job !== "") return { kind: "Status", removed: this.removed.push(job) };
    if (job !== "") return this.removed.includes(job) ? undefined : this.current();
    if (/\/pods$/.test(call)) return { items: this.pods() };
    if (/\/events$/.test(call)) return { items: this.notMade === undefined ? [] : [{ message: this.notMade }] };
    if (/\/cronjobs\/train$/.test(call)) return TEMPLATE;
    return /\/kube-system$/.test(call) ? { metadata: { name: "kube-system", uid: "cluster-1" } } : undefined;
  }

  private take(job: V1Job): V1Job {
    this.made.push(job);
    return job;
  }

  private current(): V1Job {
    return { ...this.made.at(-1), status: this.job ?? {} } as V1Job;
  }

  private pods(): object[] {
    const status = this.pod.length > 1 ? this.pod.shift() : this.pod[0];
    return status === undefined ? [] : [{ metadata: { name: "train-pod" }, status }];
  }
}
