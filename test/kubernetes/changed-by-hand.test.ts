import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import type { ClusterView } from "../../components/kubernetes/existing.ts";
import { annotationsOf, madeBy } from "../support/deployed.ts";
import { MockEngine } from "../support/engine.ts";
import { DEPLOYMENT, NAMESPACE, onKubernetes, SERVICE } from "../support/kubernetes.ts";
import { aServiceSpec } from "../support/specs.ts";

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

/** Deploys a service on a cluster that has these things. */
const deploy = (view: Partial<ClusterView> = {}) =>
  onKubernetes(engine, (platform, opts) => platform.service("api", aServiceSpec({ replicas: 2 }), opts), {}, view);

describe("a field that was changed by hand", () => {
  /** The Deployment after somebody has set a field of its spec. */
  const changed = (field: string, manager: string, spec: object = {}) =>
    madeBy(engine, (key, object) => {
      if (key !== "Deployment/api") return object;
      const [own] = object.metadata.managedFields ?? [];
      const { [`f:${field}`]: _, ...rest } = own?.fieldsV1?.["f:spec"] ?? {};
      const managedFields = [
        { ...own, fieldsV1: { ...own?.fieldsV1, "f:spec": rest } },
        { manager, fieldsV1: { "f:spec": { [`f:${field}`]: {} } } },
      ];
      return { ...object, spec: { ...object.spec, ...spec }, metadata: { ...object.metadata, generation: 2, managedFields } };
    });
  const note = () => annotationsOf(engine, DEPLOYMENT, "api")["mlstack.dev/declared"] ?? "";

  test("is said with who changed it, and makes the provider apply all that is declared, in place", async () => {
    await deploy();
    const before = note();
    await deploy(changed("strategy", "kubectl-edit"));
    expect(said).toEqual(['service "api": Deployment "api" was changed by hand (kubectl-edit): spec.strategy will be as declared again']);
    expect(note()).toMatch(new RegExp(`^${before}\\.[0-9a-f]{6}$`));
    expect(engine.options(DEPLOYMENT, "api").replaceOnChanges).toEqual([]);
  });

  test("is a number of replicas, by hand or by an autoscaler", async () => {
    await deploy();
    await deploy(changed("replicas", "kubectl", { replicas: 0 }));
    expect(said).toEqual(['service "api" was scaled to 0 by hand: 2 again']);
    await deploy();
    await deploy(changed("replicas", "kube-controller-manager", { replicas: 9 }));
    expect(said.at(-1)).toMatch(/^service "api" was scaled to 9 by an autoscaler: 2 again; the stack decides its replicas: /);
  });

  test("is none where somebody has scaled it back", async () => {
    await deploy();
    await deploy(changed("replicas", "kubectl", { replicas: 2 }));
    expect(said).toEqual([]);
  });

  test("is no longer one once it is put right, nor is one that the API server never keeps", async () => {
    await deploy();
    await deploy(changed("strategy", "kubectl-edit"));
    const put = note();
    await deploy(madeBy(engine));
    expect(note()).toBe(put);
    said = [];
    await deploy(changed("strategy", "kubectl-edit"));
    const again = changed("strategy", "kubectl-edit");
    said = [];
    await deploy(again);
    expect(said).toEqual([]);
  });

  test("may be the stack's to take: what the stack declares is applied by force", async () => {
    await deploy();
    for (const [type, name] of [
      [DEPLOYMENT, "api"],
      [SERVICE, "api"],
      [NAMESPACE, "shop-test"],
    ] as const)
      expect(annotationsOf(engine, type, name)["pulumi.com/patchForce"]).toBe("true");
  });
});
