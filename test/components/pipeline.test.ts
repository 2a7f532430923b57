import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";

import { Pipeline, type PipelineArgs, type pipelineSchema } from "../../components/pipeline.ts";
import { TrackingServer } from "../../components/tracking-server.ts";
import type { JobSpec, ServiceSpec } from "../../components/workload/index.ts";
import * as w from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const STEPS = {
  history: { kind: "once", args: ["history"], database: true, env: { SEED: "7" } },
  train: { kind: "once", args: ["train"], database: true, mlflow: true, after: ["history"] },
  inference: { kind: "always", args: ["inference"], database: true, mlflow: true, after: ["train"] },
  stream: { kind: "always", args: ["stream"], database: true, after: ["history"] },
  ui: { kind: "page", args: ["ui"], port: 8050, publish: { port: 8050 }, links: { FIRST: "mlflow", SECOND: "graph" } },
  graph: { kind: "page", args: ["graph"], port: 4141, publish: { port: 4141 }, mounts: { conf: "/app/conf" } },
} as const satisfies PipelineArgs["steps"];

/** The whole pipeline, with these settings changed. */
async function asked(changes: object = {}, published = true) {
  const platform = new FakePlatform();
  const pipeline = await engine.run(() => {
    const publish = published ? { publish: { port: 5001 } } : {};
    const tracking = new TrackingServer("mlflow", { platform, image: "mlflow:1", ...publish });
    return new Pipeline("pipeline", {
      platform,
      image: "shop:1",
      tracking,
      steps: STEPS,
      volumes: { conf: {} },
      ...changes,
    } as PipelineArgs);
  });
  return { platform, pipeline };
}

const job = async (name: string, changes?: object) => (await asked(changes)).platform.spec("job", name) as JobSpec;
const service = async (name: string, changes?: object) => (await asked(changes)).platform.spec("service", name) as ServiceSpec;
const known = (input: pulumi.Input<string>) => new Promise<string>((resolve) => pulumi.output(input).apply(resolve));
const named = (...names: string[]) => names.map((name) => expect.objectContaining({ name }));

test("asks for its volumes and for each step behind those that it needs", async () => {
  const { platform } = await asked();
  expect(platform.lines.slice(2)).toEqual([
    "volume pipeline-data",
    "volume conf",
    "job history",
    "job train",
    "service inference",
    "service stream",
    "service graph",
    "service ui",
  ]);
});

test("work runs after that which it names, and again when that ran again", async () => {
  const { after, inputs, container, deadline } = await job("train");
  expect(after).toEqual(named("history", "mlflow"));
  expect(await known(inputs?.["history"] ?? "")).toBe("fingerprint-of-history");
  expect(deadline).toBe("30m");
  expect(container).toMatchObject({
    image: "shop:1",
    args: ["train"],
    env: {
      DATABASE_URL: "sqlite:////app/data/pipeline.db",
      MLFLOW_TRACKING_URI: w.urlOf(expect.objectContaining({ name: "mlflow" }) as never),
    },
    mounts: [{ volume: { name: "pipeline-data" }, path: "/app/data" }],
  });
});

test("what never ends is alive while it says so, and learns by when it has to", async () => {
  const { port, readiness, restartAfter, container, publish, after, inputs } = await service("inference", {
    steps: { ...STEPS, inference: { ...STEPS.inference, staleAfter: "90s" } },
  });
  expect([port, publish]).toEqual([9400, undefined]);
  expect(readiness).toMatchObject({ kind: "http", port: 9400, path: "/healthz", startupGrace: "30s" });
  expect(restartAfter).toBe("210s");
  expect(container.env).toMatchObject({ STEP_PORT: "9400", STEP_STALE_AFTER: "90" });
  expect(after).toEqual(named("train", "mlflow"));
  expect(Object.keys(inputs ?? {})).toEqual(["train"]);
});

test("a page is published where it says so, with the addresses of the pages that it links to", async () => {
  const { port, publish, readiness, container } = await service("ui");
  expect([port, publish]).toEqual([8050, { port: 8050, anyPort: false, address: "127.0.0.1" }]);
  expect(readiness).toMatchObject({ path: "/healthz", startupGrace: "60s" });
  const { FIRST = "", SECOND = "" } = container.env ?? {};
  expect(await known(FIRST as string)).toBe("http://127.0.0.1:5001");
  expect(await known(SECOND as string)).toBe("http://127.0.0.1:4141");
  expect(container.env).not.toHaveProperty("DATABASE_URL");
  expect(container.mounts).toEqual([]);
});

test("says where a browser finds its pages", async () => {
  const { urls } = (await asked()).pipeline;
  expect(Object.keys(urls)).toEqual(["graph", "ui"]);
});

test("links to an address as it is given, and not at all to a page that is off", async () => {
  const steps = { ...STEPS, ui: { ...STEPS.ui, links: { FIRST: "https://mlflow.example.org", SECOND: "graph" } } };
  expect((await service("ui", { steps, only: ["ui"] })).container.env).toEqual({ FIRST: "https://mlflow.example.org" });
});

test("mounts its volumes where a step says, read-only if it says so", async () => {
  const place = { path: "/app/conf", readOnly: true };
  const { container } = await service("graph", { steps: { ...STEPS, graph: { ...STEPS.graph, mounts: { conf: place } } } });
  expect(container.mounts).toEqual([{ volume: expect.objectContaining({ name: "conf" }), ...place }]);
});

test("variables of all steps, and those of one, which go before them", async () => {
  const env = { SEED: "1", LOG_LEVEL: "DEBUG" };
  expect((await job("history", { env })).container.env).toMatchObject({ SEED: "7", LOG_LEVEL: "DEBUG" });
  expect((await service("ui", { env })).container.env).toMatchObject({ SEED: "1" });
});

test("a step may have an image of its own", async () => {
  const steps = { ...STEPS, graph: { ...STEPS.graph, image: "graph:2" } };
  expect([(await service("graph", { steps })).container.image, (await service("ui", { steps })).container.image]).toEqual([
    "graph:2",
    "shop:1",
  ]);
});

describe("with a PostgreSQL server", () => {
  const changes = { database: "postgres", databaseImage: "postgres:1", data: { access: "many-nodes" } };

  test("runs one before the steps that use it, and keeps the folder of the file", async () => {
    const { platform } = await asked(changes);
    expect(platform.lines.slice(2, 8)).toEqual([
      "volume pipeline-data",
      "volume pipeline-database-data",
      "secret pipeline-database",
      "service pipeline-database",
      "volume conf",
      "job history",
    ]);
  });

  test("gives those steps its address, the way to it, and no folder", async () => {
    const { container, after } = await job("train", changes);
    expect(container).toMatchObject({
      env: { DATABASE_URL: { from: "secret", key: "url" } },
      mounts: [],
      calls: [{ name: "pipeline-database" }],
    });
    expect(after).toEqual(named("history", "pipeline-database", "mlflow"));
    const { container: other, after: others } = await service("ui", changes);
    expect([other.calls, others]).toEqual([[], []]);
    expect(other.env).not.toHaveProperty("DATABASE_URL");
  });

  test("with the settings that it has of its own", async () => {
    const { platform } = await asked({ ...changes, postgres: { size: "3Gi", keep: false } });
    expect(platform.spec("volume", "pipeline-database-data")).toEqual({ size: "3Gi", keep: false });
  });

  test("needs its image", async () => {
    await expect(asked({ database: "postgres" })).rejects.toThrow("databaseImage: is required with database: postgres");
  });
});

describe("a part of it", () => {
  const services = async (only: string[]) => (await asked({ only })).platform.lines.slice(2).filter((line) => !line.startsWith("volume"));

  test("runs without the others", async () => {
    expect(await services(["mlflow", "ui"])).toEqual(["service ui"]);
    expect(await services(["mlflow"])).toEqual([]);
    expect(await services(["history", "train", "inference"])).toEqual(["job history", "job train", "service inference"]);
  });

  test("keeps all volumes", async () => {
    expect((await asked({ only: ["ui"] })).platform.lines.slice(2)).toEqual(["volume pipeline-data", "volume conf", "service ui"]);
  });
});

describe("refuses", () => {
  const { history, train, inference, ui, graph } = STEPS;
  const once = { kind: "once" } as const;
  test.each<[object, string]>([
    [{ only: ["uii"] }, 'only[0]: there is no part "uii"; did you mean "ui"?'],
    [{ only: ["inference"] }, 'only: "inference" needs "train" and "history", which are off; add them, or leave "inference" out'],
    [{ only: ["train"] }, 'only: "train" needs "history", which is off; add it, or leave "train" out'],
    [{ only: [] }, "only: must name a part; leave it out to run all, or set mlstack:pipeline to null to run none"],
    [
      { steps: { history, train: { ...train, after: ["histroy"] } } },
      'steps.train.after[0]: there is no step "histroy"; did you mean "history"?',
    ],
    [
      { steps: { train: { ...train, after: ["mlflow"] } } },
      'steps.train.after[0]: is no step; say mlflow: true, which starts "train" after it',
    ],
    [
      { steps: { a: { ...once, after: ["b"] }, b: { ...once, after: ["c"] }, c: { ...once, after: ["a"] } } },
      'steps.a.after: "a" waits for "b", "b" waits for "c" and "c" waits for "a": a circle, in which no step can start; take one of these away',
    ],
    [
      { steps: { a: { ...once, after: ["a"] } } },
      'steps.a.after: "a" waits for "a": a circle, in which no step can start; take one of these away',
    ],
    [{ steps: { graph }, volumes: { config: {} } }, 'steps.graph.mounts.conf: there is no volume "conf"; did you mean "config"?'],
    [{ steps: { graph }, volumes: {} }, 'steps.graph.mounts.conf: there is no volume "conf"; known are none'],
    [
      { steps: { history, ui: { ...ui, links: { A: "history" } } } },
      'steps.ui.links.A: there is no page "history"; known are ui, mlflow; or give an address such as https://app.example.org',
    ],
    [
      { steps: { ui: { ...ui, links: { A: "graph" } }, graph: { kind: "page", port: 4141 } } },
      'steps.ui.links.A: "graph" is not published, so that no browser reaches it; set steps.graph.publish',
    ],
    [{ steps: { ui: { ...ui, links: { A: "mlflow" }, env: { A: "1" } } } }, "steps.ui.links.A: is in env too; remove one of them"],
    [{ steps: { mlflow: once } }, "steps.mlflow: is the name of the stack's tracking server; choose another one"],
    [{ steps: {} }, "steps: must have a step"],
    [{ steps: { a: {} } }, 'steps.a.kind: must be "once", "always" or "page", got nothing'],
    [{ steps: { a: { kind: "service" } } }, 'steps.a.kind: must be "once", "always" or "page", got "service"'],
    [{ steps: { a: { kind: "page" } } }, "steps.a.port: is required (a number)"],
    [{ steps: { a: { kind: "page", port: 80, publsh: {} } } }, 'steps.a: unknown key "publsh"; did you mean "publish"?'],
    [{ steps: { a: { ...once, env: { DATABASE_URL: "x" } } } }, "steps.a.env.DATABASE_URL: is reserved: the component sets it; remove it"],
    [{ env: { STEP_PORT: "1" } }, "env.STEP_PORT: is reserved: the component sets it; remove it"],
    [
      { steps: { inference: { ...inference, after: [] } }, data: { access: "many-nodes" } },
      "database: sqlite cannot be on a volume that several nodes share (data.access: many-nodes); set database: postgres",
    ],
    [
      { steps: { a: { ...once, resources: { memory: "100Mi" } } } },
      'steps.a.resources.memory: must be more than scratch and shared memory (64Mi) together (128Mi), got "100Mi"; raise it, or lower sharedMemory',
    ],
  ])("%j", async (changes, message) => {
    await expect(asked(changes)).rejects.toThrow(`Pipeline "pipeline": 1 invalid argument\n  ${message}`);
  });

  test("all of it at once", async () => {
    const steps = { a: { ...once, after: ["x"] }, b: { ...once, after: ["b"] }, c: { ...once, mounts: { none: "/x" } } };
    await expect(asked({ steps, only: ["d"] })).rejects.toThrow("4 invalid arguments");
  });

  test("a step that uses MLflow without any", async () => {
    const steps = { train: { ...STEPS.train, after: [] } };
    const without = engine.run(() => new Pipeline("pipeline", { platform: new FakePlatform(), image: "shop:1", steps }));
    await expect(without).rejects.toThrow('tracking: is required: step "train" uses MLflow');
  });
});

test("the schema and the documented arguments are the same", () => {
  expectTypeOf<keyof z.input<typeof pipelineSchema>>().toEqualTypeOf<Exclude<keyof PipelineArgs, "platform">>();
});
