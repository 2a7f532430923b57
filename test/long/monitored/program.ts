/** A stack of fakes with real monitoring, for runs of faults: what each part says is in the hands of the test. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";

import { DockerPlatform } from "../../../components/docker/platform.ts";
import { Gateway } from "../../../components/gateway.ts";
import { Monitoring } from "../../../components/monitoring.ts";
import * as w from "../../../components/workload/index.ts";

/** What the stack's settings say. */
interface Setup {
  readonly prefix: string;
  readonly images: Readonly<Record<"python" | "gateway" | "redis" | "monitoring", string>>;
  readonly ports: { readonly gateway: number; readonly metrics: number; readonly alerts: number };
  /** Changes with each deployment that renews the server's replicas. */
  readonly release: string;
  /** PEM of the gateway's certificate and of its key. */
  readonly tls: { readonly certificate: string; readonly key: string };
}

const { prefix, images, ports, release, tls } = new pulumi.Config("mlstack").requireObject<Setup>("faults");
const platform = await DockerPlatform.connect({ prefix });
const opts = { parent: platform };

const program = readFileSync(fileURLToPath(new URL("fake.py", import.meta.url)), "utf8");
const files = platform.configFiles("fakes", { files: { "fake.py": program } }, opts);
const container = (kind: string) => ({
  image: images.python,
  command: ["python", "/fake/fake.py", kind],
  mounts: [{ files, path: "/fake" }],
});
const fake = (name: string, kind: string, more: Partial<w.ServiceSpec> = {}) =>
  platform.service(name, { container: container(kind), port: 8000, readiness: w.httpProbe(8000, "/ready"), ...more }, opts);

const api = fake("api", "server", { replicas: 2, container: { ...container("server"), env: { RELEASE: release } } });
const gateway = new Gateway(
  "gateway",
  { platform, image: images.gateway, service: api, edge: { tls }, publish: { port: ports.gateway } },
  opts,
);
const stream = fake("stream", "step");
const mlflow = fake("mlflow", "server");
const database = fake("database", "server");
const secret = platform.secret("redis", { values: { password: "a password for faults" } }, opts);
const data = platform.volume("redis", { size: "1Gi" }, opts);
const redis = platform.service(
  "redis",
  {
    container: {
      image: images.redis,
      env: { REDIS_PASSWORD: w.secretValue(secret, "password"), REDIS_MAXMEMORY: "67108864" },
      mounts: [{ volume: data, path: "/data" }],
    },
    port: 6379,
    readiness: { kind: "tcp", port: 6379 },
  },
  opts,
);
const trainer = platform.gang(
  "trainer",
  { size: 2, rendezvousPort: 29500, container: { ...container("rank"), env: { PORT: "9400", RANK: w.memberIndex() } } },
  opts,
);

new Monitoring(
  "monitoring",
  {
    platform,
    image: images.monitoring,
    metrics: { port: ports.metrics },
    alerts: {
      port: ports.alerts,
      startGrace: "30s",
      featureAge: { api: "1h" },
      stuckAfter: "1m",
      checkpointAge: "1m",
      diskFree: 1,
      // The run itself stops and starts replicas, three starts in ten minutes; the loop that it tries has more.
      restarts: 4,
    },
    logs: { enabled: false },
    observed: [
      { kind: "server", target: api, replicas: 2, model: { name: "fraud", version: "4" }, golden: true, features: ["redis", "parquet"] },
      ...gateway.observed(2),
      { kind: "step", target: stream, staleAfter: 20 },
      { kind: "ranks", target: trainer, metricsPort: 9400, nodes: 2, processesPerNode: 1 },
      { kind: "redis", target: redis, secret },
      { kind: "postgres", target: database },
      { kind: "answers", target: mlflow, path: "/health" },
    ],
  },
  opts,
);

await platform.admitted();
