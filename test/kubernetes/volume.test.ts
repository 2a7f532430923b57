import { beforeAll, describe, expect, test } from "vitest";

import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import type { VolumeSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { CLAIM, existing, onKubernetes, refusalOf } from "../support/kubernetes.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const volume = (spec: VolumeSpec = {}, settings?: KubernetesSettings) =>
  onKubernetes(engine, (platform, opts) => platform.volume("data", spec, opts), settings);

describe("a volume", () => {
  const classes = { storageClasses: { oneNode: "fast", manyNodes: "shared" } };

  test("is a claim under its own name that is not waited for", async () => {
    await volume({ size: "3Gi" });
    expect(engine.inputs(CLAIM, "data")).toMatchObject({
      metadata: { name: "data", namespace: "shop-test", annotations: { "pulumi.com/skipAwait": "true" } },
    });
    expect(engine.inputs(CLAIM, "data")["spec"]).toEqual({
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "3Gi" } },
    });
  });

  test.each([
    ["one-node", "ReadWriteOnce", "fast"],
    ["many-nodes", "ReadWriteMany", "shared"],
  ] as const)("of %s comes from the class of those", async (access, mode, storageClassName) => {
    await volume({ access }, classes);
    expect(engine.inputs(CLAIM, "data")["spec"]).toMatchObject({ accessModes: [mode], storageClassName });
  });

  test("is never replaced for a field that cannot change", async () => {
    await onKubernetes(
      engine,
      (platform, opts) => platform.volume("data", {}, opts),
      {},
      existing("PersistentVolumeClaim", "data", { spec: { accessModes: ["ReadWriteOnce"] } }),
    );
    const { ignoreChanges, retainOnDelete, replaceOnChanges } = engine.options(CLAIM, "data");
    expect(ignoreChanges).toEqual(["spec.accessModes", "spec.storageClassName"]);
    expect([retainOnDelete, replaceOnChanges]).toEqual([false, []]);
  });

  test.each([{ keep: true }, { join: true }])("is kept in a namespace that stays: %j", async (namespace) => {
    const view = { namespace: { metadata: { name: "shop-test", labels: { "mlstack.dev/stack": "shop.test" } } } };
    await onKubernetes(engine, (platform, opts) => platform.volume("data", { keep: true }, opts), { namespace }, view);
    expect(engine.options(CLAIM, "data").retainOnDelete).toBe(true);
  });

  test("is not kept in a namespace that goes with the stack", async () => {
    await expect(volume({ keep: true })).rejects.toThrow(
      'volume "data": 1 invalid argument\n  keep: not available on Kubernetes in a namespace that goes with the stack; set platform.namespace.keep or platform.namespace.join to true, or keep to false',
    );
  });
});

describe("a claim that exists", () => {
  const claim = (changes = {}) =>
    existing("PersistentVolumeClaim", "data", {
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "fast",
        volumeName: "pv-1",
        resources: { requests: { storage: "2Gi" } },
        ...changes,
      },
    });
  const ask = (spec: VolumeSpec, settings: KubernetesSettings = {}, view: object = claim()) =>
    refusalOf(engine, (platform, opts) => platform.volume("data", spec, opts), settings, view);
  const grows = (yes: boolean) => ({ ...claim(), storageClasses: new Map([["fast", { grows: yes, isDefault: true }]]) });
  const said = (what: string) =>
    `Kubernetes: 1 obstacle; nothing was changed\n  volume "data": ${what}; a claim cannot be changed so, and a new one would be without its data`;

  test("stays as it is where the same is asked for, in whatever unit", async () => {
    expect(await ask({ size: "2048Mi" }, { storageClasses: { oneNode: "fast" } })).toBe("");
  });

  test("does not shrink", async () => expect(await ask({ size: "1Gi" })).toBe(said("size: is 2Gi and cannot shrink to 1Gi")));

  test("that never got a volume has no data to lose: it may be deleted", async () => {
    expect(await ask({ size: "1Gi" }, {}, claim({ volumeName: undefined }))).toContain(
      'volume "data": size: is 2Gi and cannot shrink to 1Gi; it has no volume yet, and no data: `kubectl --namespace shop-test delete persistentvolumeclaim data`, and deploy again',
    );
  });

  test("grows where its class allows, or where classes may not be read", async () => {
    expect(await ask({ size: "3Gi" }, {}, grows(true))).toBe("");
    expect(await ask({ size: "3Gi" })).toBe("");
  });

  test("does not grow where its class lets none", async () => {
    expect(await ask({ size: "3Gi" }, {}, grows(false))).toBe(said('size: is 2Gi, and storage class "fast" lets no volume grow'));
    expect(await ask({ size: "2Gi" }, {}, grows(false))).toBe("");
  });

  test("moves to no other class, and takes no part in a class that is not asked for", async () => {
    expect(await ask({ size: "2Gi" }, { storageClasses: { oneNode: "slow" } })).toBe(
      said('storage class: was created with "fast", got "slow"'),
    );
    expect(await ask({ size: "2Gi" }, { storageClasses: { manyNodes: "slow" } })).toBe("");
  });

  test("is opened to no other nodes", async () => {
    expect(await ask({ size: "2Gi", access: "many-nodes" })).toBe(said("access: was created with ReadWriteOnce, got ReadWriteMany"));
    expect(await ask({ size: "2Gi" }, {}, claim({ accessModes: ["ReadWriteMany", "ReadWriteOnce"] }))).toBe("");
  });

  test("says all of it at once", async () => {
    const all = await ask({ size: "1Gi", access: "many-nodes" }, { storageClasses: { manyNodes: "slow" } });
    expect(all).toMatch(/^Kubernetes: 3 obstacles; nothing was changed\n {2}volume "data": access.*\n.*storage class.*\n.*size.*$/);
  });

  test("is not taken over from something else", async () => {
    const foreign = existing("PersistentVolumeClaim", "data", { labels: {} });
    expect(await ask({}, {}, foreign)).toBe(
      'Kubernetes: 1 obstacle; nothing was changed\n  PersistentVolumeClaim "data": is in namespace "shop-test" already and belongs to something else; remove it, or choose another namespace',
    );
  });
});
