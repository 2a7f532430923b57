import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import type { ClusterView, Existing } from "../../components/kubernetes/existing.ts";
import type { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import { secretValue } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { CLAIM, DEPLOYMENT, existing, JOB, NAMESPACE, onKubernetes, refusalOf, SECRET, SERVICE } from "../support/kubernetes.ts";
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

/** What the engine was asked to make, as it exists afterwards; `changed` may leave some out or change them. */
function made(changed: (key: string, object: Existing) => Existing | undefined = (_, object) => object): Partial<ClusterView> {
  const objects = new Map<string, Existing>();
  const jobs = new Map<string, Record<string, string>>();
  const names = new Set<string>();
  for (const { type, inputs } of engine.resources) {
    if (!type.startsWith("kubernetes:")) continue;
    const kind = type.split(":").at(-1) ?? "";
    const metadata = inputs["metadata"] as Existing["metadata"];
    const name = kind === "Secret" ? (metadata.labels?.["mlstack.dev/workload"] ?? "") : metadata.name;
    const key = `${kind}/${name}`;
    names.add(key);
    const managedFields = [
      {
        manager: "pulumi-kubernetes-1",
        fieldsV1: fieldsOf({ ...inputs, metadata: { labels: metadata.labels, annotations: metadata.annotations } }),
      },
    ];
    const object = changed(key, {
      ...(inputs as unknown as Existing),
      metadata: { ...metadata, name, uid: key, generation: 1, managedFields },
    });
    if (kind === "Job") jobs.set(name, { ...metadata.annotations, "mlstack.dev/retry-of": "", deadline: "1800" });
    if (object !== undefined) objects.set(key, object);
  }
  return { objects, namespace: objects.get("Namespace/shop-test"), deployed: { objects: names, jobs } };
}

function fieldsOf(value: unknown): Record<string, never> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [`f:${name}`, fieldsOf(below)])) as Record<string, never>;
}

const annotations = (type: string, name: string) => (engine.inputs(type, name)["metadata"] as Existing["metadata"]).annotations ?? {};
const except =
  (...gone: string[]) =>
  (key: string, object: Existing) =>
    gone.includes(key) ? undefined : object;

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

describe("a field that was changed by hand", () => {
  /** The Deployment after somebody has set a field of its spec. */
  const changed = (field: string, manager: string, spec: object = {}) =>
    made((key, object) => {
      if (key !== "Deployment/api") return object;
      const [own] = object.metadata.managedFields ?? [];
      const { [`f:${field}`]: _, ...rest } = own?.fieldsV1?.["f:spec"] ?? {};
      const managedFields = [
        { ...own, fieldsV1: { ...own?.fieldsV1, "f:spec": rest } },
        { manager, fieldsV1: { "f:spec": { [`f:${field}`]: {} } } },
      ];
      return { ...object, spec: { ...object.spec, ...spec }, metadata: { ...object.metadata, generation: 2, managedFields } };
    });
  const note = () => annotations(DEPLOYMENT, "api")["mlstack.dev/declared"] ?? "";

  test("is said with who changed it, and makes the provider apply all that is declared, in place", async () => {
    await deploy(service);
    const before = note();
    await deploy(service, changed("strategy", "kubectl-edit"));
    expect(said).toEqual(['service "api": Deployment "api" was changed by hand (kubectl-edit): spec.strategy will be as declared again']);
    expect(note()).toMatch(new RegExp(`^${before}\\.[0-9a-f]{6}$`));
    expect(engine.options(DEPLOYMENT, "api").replaceOnChanges).toEqual([]);
  });

  test("is a number of replicas, by hand or by an autoscaler", async () => {
    await deploy(service);
    await deploy(service, changed("replicas", "kubectl", { replicas: 0 }));
    expect(said).toEqual(['service "api" was scaled to 0 by hand: 2 again']);
    await deploy(service);
    await deploy(service, changed("replicas", "kube-controller-manager", { replicas: 9 }));
    expect(said.at(-1)).toMatch(/^service "api" was scaled to 9 by an autoscaler: 2 again; the stack decides its replicas: /);
  });

  test("is no longer one once it is put right, nor is one that the API server never keeps", async () => {
    await deploy(service);
    await deploy(service, changed("strategy", "kubectl-edit"));
    const put = note();
    await deploy(service, made());
    expect(note()).toBe(put);
    said = [];
    await deploy(service, changed("strategy", "kubectl-edit"));
    const again = changed("strategy", "kubectl-edit");
    said = [];
    await deploy(service, again);
    expect(said).toEqual([]);
  });

  test("may be the stack's to take: what the stack declares is applied by force", async () => {
    await deploy(service);
    for (const [type, name] of [
      [DEPLOYMENT, "api"],
      [SERVICE, "api"],
      [NAMESPACE, "shop-test"],
    ] as const)
      expect(annotations(type, name)["pulumi.com/patchForce"]).toBe("true");
  });
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
