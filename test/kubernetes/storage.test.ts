import { beforeAll, describe, expect, test } from "vitest";

import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import type { VolumeSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { CLAIM, CONFIG_MAP, DEPLOYMENT, onKubernetes, refusalOf, standing, templateOf } from "../support/kubernetes.ts";
import { aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const volume = (spec: VolumeSpec = {}, settings?: KubernetesSettings) =>
  onKubernetes(engine, (platform, opts) => platform.volume("data", spec, opts), settings);

describe("a volume", () => {
  const classes = { storageClasses: { oneNode: "fast", manyNodes: "shared" } };

  test("is a claim under its own name that nobody waits for", async () => {
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

  test("is never made anew for a field that cannot change", async () => {
    await volume();
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

describe("a claim that stands", () => {
  const stands = (changes = {}) =>
    standing("PersistentVolumeClaim", "data", {
      spec: { accessModes: ["ReadWriteOnce"], storageClassName: "fast", resources: { requests: { storage: "2Gi" } }, ...changes },
    });
  const ask = (spec: VolumeSpec, settings: KubernetesSettings = {}, view: object = stands()) =>
    refusalOf(engine, (platform, opts) => platform.volume("data", spec, opts), settings, view);
  const grows = (yes: boolean) => ({ ...stands(), storageClasses: new Map([["fast", { grows: yes, isDefault: true }]]) });
  const said = (what: string) =>
    `Kubernetes: 1 obstacle; nothing was changed\n  volume "data": ${what}; a claim cannot be changed so, and a new one would be without its data`;

  test("stays as it is where the same is asked for, in whatever unit", async () => {
    expect(await ask({ size: "2048Mi" }, { storageClasses: { oneNode: "fast" } })).toBe("");
  });

  test("does not shrink", async () => expect(await ask({ size: "1Gi" })).toBe(said("size: stands at 2Gi and cannot shrink to 1Gi")));

  test("grows where its class allows, or where classes may not be read", async () => {
    expect(await ask({ size: "3Gi" }, {}, grows(true))).toBe("");
    expect(await ask({ size: "3Gi" })).toBe("");
  });

  test("does not grow where its class lets none", async () => {
    expect(await ask({ size: "3Gi" }, {}, grows(false))).toBe(said('size: stands at 2Gi, and storage class "fast" lets no volume grow'));
    expect(await ask({ size: "2Gi" }, {}, grows(false))).toBe("");
  });

  test("moves to no other class, and takes no part in a class that is not asked for", async () => {
    expect(await ask({ size: "2Gi" }, { storageClasses: { oneNode: "slow" } })).toBe(
      said('storage class: was made with "fast", got "slow"'),
    );
    expect(await ask({ size: "2Gi" }, { storageClasses: { manyNodes: "slow" } })).toBe("");
  });

  test("is opened to no other nodes", async () => {
    expect(await ask({ size: "2Gi", access: "many-nodes" })).toBe(said("access: was made with ReadWriteOnce, got ReadWriteMany"));
    expect(await ask({ size: "2Gi" }, {}, stands({ accessModes: ["ReadWriteMany", "ReadWriteOnce"] }))).toBe("");
  });

  test("says all of it at once", async () => {
    const all = await ask({ size: "1Gi", access: "many-nodes" }, { storageClasses: { manyNodes: "slow" } });
    expect(all).toMatch(/^Kubernetes: 3 obstacles; nothing was changed\n {2}volume "data": access.*\n.*storage class.*\n.*size.*$/);
  });

  test("is not taken over from something else", async () => {
    const foreign = standing("PersistentVolumeClaim", "data", { labels: {} });
    expect(await ask({}, {}, foreign)).toBe(
      'Kubernetes: 1 obstacle; nothing was changed\n  PersistentVolumeClaim "data": is in namespace "shop-test" already and belongs to something else; remove it, or choose another namespace',
    );
  });
});

describe("files", () => {
  const files = async (given: Record<string, string>) => {
    await onKubernetes(engine, (platform, opts) => {
      const mounts = [{ files: platform.configFiles("config", { files: given }, opts), path: "/etc/a" }];
      platform.service("api", aServiceSpec({ container: { image: "a", mounts } }), opts);
    });
    const [name = ""] = [...engine.of(CONFIG_MAP).keys()];
    return name;
  };

  test("are a map that cannot change, named after its content, whose name renews who mounts it", async () => {
    const name = await files({ "a.cfg": "one" });
    expect(name).toMatch(/^config-[0-9a-f]{8}$/);
    expect(engine.inputs(CONFIG_MAP, name)).toMatchObject({ metadata: { name }, data: { "a.cfg": "one" }, immutable: true });
    expect(templateOf(engine, DEPLOYMENT, "api").spec.volumes?.[0]?.configMap?.name).toBe(name);
  });

  test("have one name for one content, in whatever order", async () => {
    expect(await files({ a: "1", b: "2" })).toBe(await files({ b: "2", a: "1" }));
    expect(await files({ a: "1", b: "2" })).not.toBe(await files({ a: "2", b: "1" }));
    expect(await files({ a: "1" })).not.toBe(await files({ b: "1" }));
  });
});
