import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FeatureStack } from "../../components/feature-stack.ts";
import { NO_WAITS } from "../../components/kubernetes/waits.ts";
import { TrainingCluster } from "../../components/training-cluster.ts";
import { waitFor } from "../../components/workload/adapter/index.ts";
import { Refusal } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { DEPLOYMENT, JOB, onKubernetes, refusalOf, STATEFUL_SET } from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

const images = { redis: "redis:1", features: "features:1", api: "api:1", gateway: "gateway:1" };

describe.each([
  ["a deployment", false],
  ["a preview, whose outputs are not known yet", true],
])("in %s", (_, preview) => {
  test("the whole system is this tree, in this order", async () => {
    const engine = await MockEngine.start(preview);
    await onKubernetes(engine, (platform) => {
      const features = new FeatureStack("features", { platform, images });
      new TrainingCluster("trainer", { platform, image: "trainer:1", nodes: 2, features });
    });
    const things = engine.resources.filter(({ type }) => type.startsWith("kubernetes:"));
    expect(things.map(({ type, name }) => `${type.split(":")[2]} ${name}`).sort()).toEqual([
      "ConfigMap deployed",
      expect.stringMatching(/^ConfigMap gateway-config-[0-9a-f]{8}$/),
      "Deployment api",
      "Deployment gateway",
      "Job build",
      "Job loader",
      "Job trainer",
      "Namespace shop-test",
      "NetworkPolicy api.calls",
      "NetworkPolicy api.from.gateway",
      "NetworkPolicy default-deny",
      "NetworkPolicy gateway.calls",
      "NetworkPolicy gateway.from-outside",
      "NetworkPolicy loader.calls",
      "NetworkPolicy redis.from.api",
      "NetworkPolicy redis.from.loader",
      "NetworkPolicy trainer.members",
      "PersistentVolumeClaim features",
      "PersistentVolumeClaim redis",
      "PersistentVolumeClaim trainer-checkpoints",
      "PodDisruptionBudget api",
      "Secret redis",
      "Service api",
      "Service api-replicas",
      "Service gateway",
      "Service gateway-outside",
      "Service gateway-replicas",
      "Service redis",
      "Service redis-replicas",
      "Service trainer",
      "ServiceAccount workloads",
      "StatefulSet redis",
    ]);
    const having = (...names: string[]) => expect.arrayContaining(names);
    expect(engine.options(JOB, "loader").after).toEqual(having(`${JOB} build`, `${STATEFUL_SET} redis`));
    expect(engine.options(DEPLOYMENT, "api").after).toEqual(having(`${JOB} build`, `${JOB} loader`));
    expect(engine.options(DEPLOYMENT, "gateway").after).toEqual(having(`${DEPLOYMENT} api`));
    expect(engine.options(JOB, "trainer").after).toEqual(having(`${JOB} build`));
  });
});

describe("what comes after a workload", () => {
  class Thing extends pulumi.ComponentResource {
    constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
      super("test:index:Thing", name, {}, opts);
    }
  }

  /** Two things in a row, of which the first has to keep a promise. */
  async function row(preview: boolean) {
    const engine = await MockEngine.start(preview);
    const { promise, resolve: keep } = Promise.withResolvers<void>();
    const waited = vi.fn(() => promise);
    const first = new Thing("first");
    new Thing("second", { dependsOn: [waitFor({ admitted: async () => {}, keep: () => {} }, first, waited)] });
    return { keep, waited, names: () => engine.resources.map(({ name }) => name) };
  }

  test("is registered once the workload has kept its promise", async () => {
    const { keep, waited, names } = await row(false);
    await expect.poll(() => waited.mock.calls.length).toBe(1);
    expect(names()).toEqual(["first"]);
    keep();
    await expect.poll(names).toEqual(["first", "second"]);
  });

  test("is shown at once in a preview, which waits for nothing", async () => {
    const { waited, names } = await row(true);
    await expect.poll(names).toEqual(["first", "second"]);
    expect(waited).not.toHaveBeenCalled();
  });
});

describe("every kind of workload", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("is waited for by its name, within its own budgets", async () => {
    const engine = await MockEngine.start();
    const asked: unknown[] = [];
    for (const kind of ["service", "job", "gang"] as const) {
      vi.spyOn(NO_WAITS, kind).mockImplementation(async (...args: unknown[]) => void asked.push([kind, ...args]));
    }
    await onKubernetes(engine, (platform, opts) => {
      const mounts = [{ volume: platform.volume("data", {}, opts), path: "/data" }];
      platform.service("redis", aServiceSpec({ container: { image: "a", mounts }, startBudget: "1m" }), opts);
      platform.service("api", aServiceSpec({ startBudget: "2m" }), opts);
      platform.job("load", aJobSpec({ startBudget: "3m", deadline: "4m" }), opts);
      platform.gang("trainer", aGangSpec({ startBudget: "5m" }), opts);
    });
    expect(asked).toHaveLength(4);
    expect(asked).toEqual(
      expect.arrayContaining([
        ["service", "redis", "statefulsets", "1m"],
        ["service", "api", "deployments", "2m"],
        ["job", "load", { startBudget: "3m", deadline: "4m", succeeded: false, onEnd: expect.any(Function) }],
        ["gang", "trainer", "5m"],
      ]),
    );
  });

  test("that breaks its promise ends the program in its own words, and nothing after it is made", async () => {
    const engine = await MockEngine.start();
    vi.spyOn(NO_WAITS, "job").mockRejectedValue(new Refusal('job "build" failed'));
    const said = await refusalOf(engine, (platform, opts) => {
      const build = platform.job("build", aJobSpec(), opts);
      platform.service("api", aServiceSpec({ after: [build] }), opts);
    });
    expect(said).toBe('job "build" failed');
    expect([engine.of(JOB).size, engine.of(DEPLOYMENT).size]).toEqual([1, 0]);
  });
});
