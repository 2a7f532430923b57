import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import type { ClusterView, Existing } from "../../components/kubernetes/existing.ts";
import type { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import { secretValue } from "../../components/workload/index.ts";
import { annotationsOf, except, madeBy } from "../support/deployed.ts";
import { MockEngine } from "../support/engine.ts";
import { CLAIM, DEPLOYMENT, existing, JOB, onKubernetes, refusalOf, SECRET, SERVICE } from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
let said: string[];
beforeAll(async () => {
  engine = await MockEngine.start();
});
beforeEach(() => {
  said = [];
  vi.spyOn(pulumi.log, "warn").mockImplementation(async (line) => void said.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

type Ask = (platform: KubernetesPlatform, opts: { parent: pulumi.Resource }) => unknown;
const deploy = (ask: Ask, view: Partial<ClusterView> = {}) => onKubernetes(engine, (platform, opts) => void ask(platform, opts), {}, view);
const service: Ask = (platform, opts) => platform.service("api", aServiceSpec({ replicas: 2 }), opts);

const made = (changed?: Parameters<typeof madeBy>[1]) => madeBy(engine, changed);
const annotations = (type: string, name: string) => annotationsOf(engine, type, name);

describe("a second deployment", () => {
  test("sends the very same where everything is as it was declared, and says nothing", async () => {
    const all: Ask = (platform, opts) => {
      const data = platform.volume("data", {}, opts);
      const files = platform.configFiles("settings", { files: { a: "1" } }, opts);
      const secret = platform.secret("login", { values: { key: "hunter2" } }, opts);
      const mounts = [{ files, path: "/a" }];
      platform.service(
        "api",
        aServiceSpec({ replicas: 2, container: { image: "a", mounts, env: { K: secretValue(secret, "key") } } }),
        opts,
      );
      platform.job("load", aJobSpec({ container: { image: "a", mounts: [{ volume: data, path: "/data" }] } }), opts);
      platform.gang("ring", aGangSpec(), opts);
    };
    await deploy(all);
    const first = new Map(engine.resources.map(({ type, name, inputs }) => [`${type} ${name}`, inputs]));
    await deploy(all, made());
    for (const { type, name, inputs } of engine.resources) expect(inputs, `${type} ${name}`).toEqual(first.get(`${type} ${name}`));
    expect(engine.resources).toHaveLength(first.size);
    expect(said).toEqual([]);
  });

  test("of an older version's objects marks them, and replaces none", async () => {
    await deploy(service, existing("Deployment", "api"));
    expect(annotations(DEPLOYMENT, "api")["mlstack.dev/made"]).toBe("first");
    expect(engine.options(DEPLOYMENT, "api").replaceOnChanges).toEqual([]);
  });
});

describe("an object that is gone", () => {
  test("is made again alone, and said in one line for each noun", async () => {
    await deploy(service);
    const before = { gone: annotations(SERVICE, "api"), there: annotations(DEPLOYMENT, "api") };
    await deploy(service, made(except("Service/api", "PodDisruptionBudget/api")));
    expect(annotations(SERVICE, "api")["mlstack.dev/made"]).not.toBe(before.gone["mlstack.dev/made"]);
    expect(annotations(DEPLOYMENT, "api")).toEqual(before.there);
    expect(engine.options(SERVICE, "api")).toMatchObject({
      replaceOnChanges: ['metadata.annotations["mlstack.dev/made"]'],
      deleteBeforeReplace: true,
    });
    expect(engine.options(DEPLOYMENT, "api").replaceOnChanges).toEqual([]);
    expect(said).toEqual(['service "api": Service "api" and PodDisruptionBudget "api" are gone: will be made again']);
  });

  test("is not said to be gone by a deployment that never made it", async () => {
    await deploy(service, existing("Deployment", "api"));
    expect(said).toEqual([]);
  });

  test("of a kind that may not be listed is neither gone nor changed", async () => {
    const secret: Ask = (platform, opts) => platform.secret("login", { values: { key: "hunter2" } }, opts);
    await deploy(secret);
    await deploy(secret, { ...made(except("Secret/login")), unread: new Set(["Secret"]) });
    expect(annotations(SECRET, "login")).not.toHaveProperty(["mlstack.dev/made"]);
    expect([engine.options(SECRET, "login").replaceOnChanges, said]).toEqual([[], []]);
  });

  test("and has a random name is made before its predecessor is looked for", async () => {
    const secret: Ask = (platform, opts) => platform.secret("login", { values: { key: "hunter2" } }, opts);
    await deploy(secret);
    await deploy(secret, made(except("Secret/login")));
    expect(engine.options(SECRET, "login").deleteBeforeReplace).toBe(false);
    expect(said).toEqual(['secret "login": Secret "login" is gone: will be made again']);
  });

  test("is one that is being deleted", async () => {
    await deploy(service);
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    const ends = (key: string, object: Existing) =>
      key === "Service/api" ? { ...object, metadata: { ...object.metadata, deletionTimestamp } } : object;
    await deploy(service, made(ends));
    expect(said).toEqual(['service "api": Service "api" is gone: will be made again']);
  });
});

describe("a job", () => {
  const data: Ask = (platform, opts) => {
    const mounts = [{ volume: platform.volume("data", {}, opts), path: "/data" }];
    return platform.job("load", aJobSpec({ container: { image: "a", mounts } }), opts);
  };
  const other: Ask = (platform, opts) => {
    const mounts = [{ volume: platform.volume("data", {}, opts), path: "/data" }];
    const container = { image: "a", mounts, resources: { cpu: 7 } };
    return platform.job("load", aJobSpec({ container, deadline: "1h" }), opts);
  };

  test("that is gone after its success is not run again, whatever changes but its work", async () => {
    await deploy(data);
    const before = engine.inputs(JOB, "load");
    await deploy(other, made(except("Job/load")));
    expect(engine.inputs(JOB, "load")).toEqual(before);
    expect(said).toEqual([]);
  });

  test("that is gone, and that no deployment noted as successful, runs again", async () => {
    await deploy(data);
    const before = annotations(JOB, "load");
    await deploy(data, { ...made(except("Job/load")), deployed: { objects: new Set(), jobs: new Map() } });
    expect(annotations(JOB, "load")["mlstack.dev/made"]).not.toBe(before["mlstack.dev/made"]);
  });

  test("runs again when what it has filled is gone, its own object or not", async () => {
    const line = 'volume "data" is gone, and its data with it: it will be made again, empty, and jobs that fill it run again';
    for (const gone of [["PersistentVolumeClaim/data"], ["PersistentVolumeClaim/data", "Job/load"]]) {
      await deploy(data);
      const before = annotations(JOB, "load");
      await deploy(data, made(except(...gone)));
      expect(annotations(JOB, "load")["mlstack.dev/made"]).not.toBe(before["mlstack.dev/made"]);
      expect(engine.options(JOB, "load").replaceOnChanges).toContain('metadata.annotations["mlstack.dev/made"]');
      expect(said).toContain(line);
    }
  });

  test("runs again when a service that it fills has lost its data", async () => {
    const filled: Ask = (platform, opts) => {
      const mounts = [{ volume: platform.volume("data", {}, opts), path: "/data" }];
      const redis = platform.service("redis", aServiceSpec({ container: { image: "a", mounts } }), opts);
      return platform.job("load", aJobSpec({ container: { image: "a", calls: [redis] } }), opts);
    };
    await deploy(filled);
    const before = annotations(JOB, "load");
    await deploy(filled, made(except("PersistentVolumeClaim/data")));
    expect(annotations(JOB, "load")["mlstack.dev/made"]).not.toBe(before["mlstack.dev/made"]);
  });
});

test("a claim that is being deleted is an obstacle: nothing can keep its data", async () => {
  const claim = existing("PersistentVolumeClaim", "data", { metadata: { name: "data", deletionTimestamp: "2026-01-01T00:00:00Z" } });
  const text = await refusalOf(engine, (platform, opts) => platform.volume("data", {}, opts), {}, claim);
  expect(text).toContain(
    'volume "data": is being deleted by hand, and is gone with its data when no pod mounts it any more, finished ones included',
  );
});

test("a namespace that is being deleted is an obstacle", async () => {
  const metadata = { name: "shop-test", labels: { "mlstack.dev/stack": "shop.test" }, deletionTimestamp: "2026-01-01T00:00:00Z" };
  const text = await refusalOf(engine, () => {}, {}, { namespace: { metadata } });
  expect(text).toContain('platform.namespace: "shop-test" is being deleted, with all that is in it; wait until it is gone (`kubectl wait');
});

test("what a deployment declared is noted in the namespace, with the jobs that have succeeded", async () => {
  await deploy((platform, opts) => {
    platform.volume("data", {}, opts);
    platform.job("load", aJobSpec({ deadline: "90s" }), opts);
  });
  const noted = annotations("kubernetes:core/v1:ConfigMap", "deployed");
  expect(JSON.parse(noted["mlstack.dev/objects"] ?? "")).toEqual([
    "ConfigMap/shop-test-deployed",
    "Job/load",
    "Namespace/shop-test",
    "NetworkPolicy/shop-test-default-deny",
    "PersistentVolumeClaim/data",
    "ServiceAccount/shop-test-workloads",
  ]);
  const { load } = JSON.parse(noted["mlstack.dev/jobs"] ?? "");
  expect(load).toMatchObject({ "mlstack.dev/run": annotations(JOB, "load")["mlstack.dev/run"], deadline: "90" });
});

test("a claim has no replacement while it exists", async () => {
  const volume: Ask = (platform, opts) => platform.volume("data", {}, opts);
  await deploy(volume);
  await deploy(volume, made());
  expect(engine.options(CLAIM, "data").replaceOnChanges).toEqual([]);
});
