import { beforeAll, expect, test } from "vitest";

import { Database } from "../../components/database.ts";
import { FeastStore } from "../../components/feast-store.ts";
import { FeatureStack } from "../../components/feature-stack.ts";
import type { PinnedModel } from "../../components/model/pin.ts";
import type { Observed } from "../../components/monitoring.ts";
import { Pipeline } from "../../components/pipeline.ts";
import { ServingStack } from "../../components/serving-stack.ts";
import { TrackingServer } from "../../components/tracking-server.ts";
import { TrainingCluster } from "../../components/training-cluster.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const platform = () => new FakePlatform();

/** What monitoring reads of a component, with the names of what it looks at. */
async function observed(make: (platform: FakePlatform) => { readonly observed: readonly Observed[] }): Promise<unknown[]> {
  const { observed } = await engine.run(() => make(platform()));
  return observed.map(({ target, ...rest }) => ({ ...rest, target: target.name }));
}

const gateway = (target: string, behind: string, replicas: number, tls = false) => ({
  kind: "gateway",
  target,
  statusPort: 8405,
  behind,
  replicas,
  tls,
});
const redis = (target: string) => ({ kind: "redis", target, secret: expect.objectContaining({ name: target }) });

test("of features: API, gateway and Redis, where there is one", async () => {
  const images = { redis: "r", features: "f", api: "a", gateway: "g" };
  const api = { kind: "server", target: "api", replicas: 3, golden: false };
  expect(await observed((platform) => new FeatureStack("features", { platform, images, api: { replicas: 3 } }))).toEqual([
    { ...api, features: ["redis", "parquet"] },
    gateway("gateway", "api", 3),
    redis("redis"),
  ]);
  const files = await observed((platform) => new FeatureStack("features", { platform, images, backend: "parquet", api: { replicas: 3 } }));
  expect(files).toEqual([{ ...api, features: ["parquet"] }, gateway("gateway", "api", 3)]);
});

test("of ranks: each process's port, and nothing while training is off or METRICS_PORT is 0", async () => {
  const ranks = (changes: object) => observed((platform) => new TrainingCluster("trainer", { platform, image: "t", nodes: 2, ...changes }));
  const part = { kind: "ranks", target: "trainer", metricsPort: 9400, nodes: 2, processesPerNode: 1 };
  expect(await ranks({})).toEqual([part]);
  expect(await ranks({ processesPerNode: 2, env: { METRICS_PORT: "9500" } })).toEqual([
    { ...part, metricsPort: 9500, processesPerNode: 2 },
  ]);
  expect(await ranks({ env: { METRICS_PORT: "0" } })).toEqual([]);
  expect(await ranks({ enabled: false })).toEqual([]);
});

const model = (version: string): PinnedModel => ({ reference: `fraud/${version}`, name: "fraud", version }) as PinnedModel;

test("of a model server: every version that takes part, with the one that it was given", async () => {
  const parts = await observed((platform) => {
    const tracking = new TrackingServer("mlflow", { platform, image: "m" });
    const feast = new FeastStore("feast", { platform, images: { feast: "f", redis: "r" } });
    const shares = { canary: { model: model("4"), percent: 5 }, shadow: { model: model("5"), percent: 1 } };
    const edge = { tls: { selfSigned: true as const } };
    return new ServingStack("fraud", { platform, image: "s", gateway: "g", model: model("3"), tracking, feast, ...shares, edge });
  });
  const server = (target: string, replicas: number, version: string) => ({
    kind: "server",
    target,
    replicas,
    model: { name: "fraud", version },
    golden: true,
    features: ["online", "history"],
  });
  expect(parts).toEqual([
    server("fraud", 2, "3"),
    server("fraud-canary", 1, "4"),
    server("fraud-shadow", 1, "5"),
    gateway("fraud-gateway", "fraud", 2, true),
  ]);
});

test("of a server of one's own: whether it answers, unless it says that it has metrics", async () => {
  const own = (server: object) =>
    observed((platform) => new ServingStack("own", { platform, image: "o", gateway: "g", server: { readyPath: "/up", ...server } }));
  expect(await own({})).toEqual([{ kind: "answers", target: "own", path: "/up" }, gateway("own-gateway", "own", 2)]);
  const [part] = await own({ metrics: true });
  expect(part).toEqual({ kind: "server", target: "own", replicas: 2, golden: false, features: [] });
});

test("of MLflow, Feast and a database: whether they answer", async () => {
  expect(await observed((platform) => new TrackingServer("mlflow", { platform, image: "m" }))).toEqual([
    { kind: "answers", target: "mlflow", path: "/health" },
  ]);
  expect(await observed((platform) => new Database("rows", { platform, image: "p" }))).toEqual([{ kind: "postgres", target: "rows" }]);
  const feast = (online: boolean) =>
    observed((platform) => new FeastStore("feast", { platform, images: { feast: "f", redis: "r" }, online }));
  expect(await feast(true)).toEqual([{ kind: "answers", target: "feast-registry" }, redis("feast-redis")]);
  expect(await feast(false)).toEqual([{ kind: "answers", target: "feast-registry" }]);
});

test("of a pipeline: steps that never end, pages and its server; work that runs once has no numbers", async () => {
  const steps = {
    load: { kind: "once" as const, database: true },
    stream: { kind: "always" as const, after: ["load"], staleAfter: "45s" as const },
    ui: { kind: "page" as const, port: 8050 },
  };
  const pipeline = (changes: object) => observed((platform) => new Pipeline("pipeline", { platform, image: "i", steps, ...changes }));
  const both = [
    { kind: "step", target: "stream", staleAfter: 45 },
    { kind: "answers", target: "ui", path: "/healthz" },
  ];
  expect(await pipeline({})).toEqual(both);
  expect(await pipeline({ database: "postgres", databaseImage: "p" })).toEqual([
    ...both,
    { kind: "postgres", target: "pipeline-database" },
  ]);
});
