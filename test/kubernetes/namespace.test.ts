import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import { type ClusterView, EMPTY_CLUSTER } from "../../components/kubernetes/existing.ts";
import { nameMistakes, namespaceTaken } from "../../components/kubernetes/namespace.ts";
import type { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import { MockEngine } from "../support/engine.ts";
import {
  DEPLOYMENT,
  JOB,
  NAMESPACE,
  OURS,
  onKubernetes,
  POLICY,
  refusalOf,
  SECRET,
  STATEFUL_SET,
  templateOf,
} from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const PROVIDER = "pulumi:providers:kubernetes";
const ACCOUNT = "kubernetes:core/v1:ServiceAccount";
const there = (labels: Record<string, string> = {}): Partial<ClusterView> => ({ namespace: { metadata: { name: "shop-test", labels } } });

describe("the namespace", () => {
  test("is the stack's own, and admits only pods without rights", async () => {
    await onKubernetes(engine, () => {});
    expect(engine.inputs(NAMESPACE, "shop-test")["metadata"]).toMatchObject({
      name: "shop-test",
      labels: {
        "app.kubernetes.io/managed-by": "mlstack",
        "mlstack.dev/stack": OURS,
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "latest",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/audit-version": "latest",
      },
    });
    expect(engine.options(NAMESPACE, "shop-test").retainOnDelete).toBe(false);
  });

  test("has the name that is asked for, and stays where that is asked for", async () => {
    await onKubernetes(engine, () => {}, { namespace: { name: "ml", keep: true } });
    expect(engine.options(NAMESPACE, "ml").retainOnDelete).toBe(true);
    expect(engine.inputs(ACCOUNT, "workloads")["metadata"]).toMatchObject({ namespace: "ml" });
  });

  test("that is joined is not the stack's to make", async () => {
    await onKubernetes(engine, () => {}, { namespace: { join: true } }, there());
    expect(engine.of(NAMESPACE).size).toBe(0);
    expect(engine.inputs(ACCOUNT, "workloads")["metadata"]).toMatchObject({ namespace: "shop-test" });
  });

  test("of the stack's own making that is joined from now on stays, with all that is in it", async () => {
    await onKubernetes(engine, () => {}, { namespace: { join: true } }, there({ "mlstack.dev/stack": OURS }));
    expect(engine.options(NAMESPACE, "shop-test").retainOnDelete).toBe(true);
  });

  test("that is joined lets two stacks live side by side: what each makes for itself bears its name", async () => {
    await onKubernetes(engine, () => {}, { namespace: { join: true, name: "ml" } }, there());
    const fixed = [engine.inputs(ACCOUNT, "workloads"), engine.inputs(POLICY, "default-deny")].map(
      ({ metadata }) => (metadata as { name?: string }).name ?? "made up",
    );
    for (const name of fixed) expect(name).toMatch(/shop.test|made up/);
  });
});

describe("a namespace that is refused", () => {
  const taken = (join: boolean, view: Partial<ClusterView>) => namespaceTaken("ml", join, { ...EMPTY_CLUSTER, ...view }, OURS)?.message;

  test.each([
    ["does not exist and is to be created", false, {}],
    ["is ours", false, there({ "mlstack.dev/stack": OURS })],
    ["is joined, whosever it is", true, there({ "mlstack.dev/stack": "shop.prod" })],
  ])("is none that %s", (_, join, view) => expect(taken(join, view)).toBeUndefined());

  test("belongs to another stack, which is named", () => {
    expect(taken(false, there({ "mlstack.dev/stack": "shop.prod" }))).toBe(
      '"ml" exists and belongs to shop.prod; choose another name, or set join to true to use it as it is',
    );
  });

  test("belongs to something else", () => expect(taken(false, there())).toContain('"ml" exists and belongs to something else'));

  test("is to be joined, but does not exist", () => {
    expect(taken(true, {})).toBe('"ml" is to be joined, but does not exist (or may not be read); create it, or set join to false');
  });

  test("is refused before anything is created", async () => {
    const said = await refusalOf(engine, (platform, opts) => platform.service("api", aServiceSpec(), opts), {}, there());
    expect(said).toMatch(/^Kubernetes: 1 obstacle; nothing was changed\n {2}platform.namespace: "shop-test" exists and belongs/);
    expect(engine.resources.filter(({ type }) => type.startsWith("kubernetes:"))).toEqual([]);
  });
});

test("pods run under an account without rights, whose token no pod gets", async () => {
  await onKubernetes(engine, () => {});
  expect(engine.inputs(ACCOUNT, "workloads")).toMatchObject({ automountServiceAccountToken: false });
});

test("the provider is bound to the very cluster that was looked at", async () => {
  await onKubernetes(engine, () => {}, { context: "prod" }, { id: "uid-of-kube-system" });
  expect(engine.inputs(PROVIDER, "kubernetes")).toEqual({
    context: "prod",
    clusterIdentifier: "uid-of-kube-system",
    upsertExistingObjects: "true",
  });
});

test("every flow is closed before the first pod of any kind starts", async () => {
  await onKubernetes(engine, (platform, opts) => {
    const mounts = [{ volume: platform.volume("data", {}, opts), path: "/data" }];
    platform.service("redis", aServiceSpec({ container: { image: "a", mounts } }), opts);
    platform.service("api", aServiceSpec(), opts);
    platform.job("load", aJobSpec(), opts);
    platform.gang("trainer", aGangSpec(), opts);
  });
  const workloads = [
    [STATEFUL_SET, "redis"],
    [DEPLOYMENT, "api"],
    [JOB, "load"],
    [JOB, "trainer"],
  ] as const;
  for (const [type, name] of workloads) expect(engine.options(type, name).after).toContain(`${POLICY} default-deny`);
});

test("images are pulled with the secrets that are named", async () => {
  await onKubernetes(engine, (platform, opts) => platform.service("api", aServiceSpec(), opts), { pullSecrets: ["one", "two"] });
  expect(JSON.stringify(engine.resources)).toContain('"imagePullSecrets":[{"name":"one"},{"name":"two"}]');
});

test("given images are pulled with the registry's login, where nothing is built and pushed", async () => {
  const image = `registry.customer.example/ml/api@sha256:${"a".repeat(64)}`;
  const registry = { address: "registry.customer.example/ml", username: "puller", password: "hunter2" };
  const ask = (platform: KubernetesPlatform, opts: { parent: pulumi.Resource }) => {
    const { reference } = platform.image("api", { reference: image }, opts);
    platform.service("api", aServiceSpec({ container: { image: reference } }), opts);
  };
  await onKubernetes(engine, ask, { registry, pullSecrets: ["given"] });
  const secret = engine.inputs(SECRET, "registry");
  expect(secret["type"]).toBe("kubernetes.io/dockerconfigjson");
  const auth = Buffer.from("puller:hunter2").toString("base64");
  expect(JSON.stringify(secret["stringData"])).toContain(
    JSON.stringify(JSON.stringify({ auths: { "registry.customer.example": { auth } } })),
  );
  expect(engine.inputs(ACCOUNT, "workloads")["imagePullSecrets"]).toEqual([
    { name: "given" },
    { name: expect.stringMatching(/^registry-/) },
  ]);
  expect(templateOf(engine, DEPLOYMENT, "api").spec).toMatchObject({ serviceAccountName: "shop-test-workloads", containers: [{ image }] });
  expect(engine.of("pulumi:providers:docker").size).toBe(0);
});

test.each([
  ["workload", "another workload"],
  ["volume", "another volume"],
])("two of one kind cannot share a name (%s)", async (kind, message) => {
  const twice = onKubernetes(engine, (platform, opts) => {
    if (kind === "volume") [1, 2].map(() => platform.volume("data", {}, opts));
    platform.service("api", aServiceSpec(), opts);
    platform.job("api", aJobSpec(), opts);
  });
  await expect(twice).rejects.toThrow(`is taken by ${message} of this stack`);
});

test("no two objects of a kind get one name, whatever the workloads are called, or the workloads' names are refused", async () => {
  const asked = onKubernetes(engine, (platform, opts) => {
    for (const name of ["redis", "redis-replicas"]) platform.service(name, aServiceSpec(), opts);
    platform.gang("redis-replicas-replicas", aGangSpec(), opts);
  });
  const refused = await asked.then(
    () => false,
    () => true,
  );
  const named = engine.resources.map(({ type, inputs }) => `${type} ${(inputs["metadata"] as { name?: string } | undefined)?.name}`);
  const twice = named.filter((one, index) => !one.endsWith("undefined") && named.indexOf(one) !== index);
  expect(refused ? [] : twice).toEqual([]);
});

test("names that follow from the project's and the stack's are checked before the API server sees them", () => {
  expect(nameMistakes("shop-test", OURS)).toEqual([]);
  expect(nameMistakes("shop-Prod_EU", OURS)[0]?.message).toMatch(/must be lower-case letters, digits and inner hyphens/);
  expect(nameMistakes("shop", "s".repeat(64))[0]?.message).toMatch(/whose limit is 63 characters/);
});
