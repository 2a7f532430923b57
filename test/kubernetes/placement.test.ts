import { beforeAll, describe, expect, test } from "vitest";

import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import { type ServiceSpec, secretValue } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { containerOf, DEPLOYMENT, onKubernetes, refusalOf, templateOf } from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

async function placed(placement: ServiceSpec["placement"], settings?: KubernetesSettings) {
  await onKubernetes(engine, (platform, opts) => platform.service("api", aServiceSpec({ placement }), opts), settings);
  return templateOf(engine, DEPLOYMENT, "api").spec;
}

test("a pod that is to be placed nowhere in particular says nothing of it", async () => {
  const pod = await placed({});
  for (const key of ["nodeSelector", "affinity", "tolerations", "runtimeClassName"]) expect(pod).not.toHaveProperty(key);
});

test("labels and taints are those asked for; a toleration without a value takes every value", async () => {
  const tolerations = [{ key: "a", value: "1", effect: "NoExecute" as const }, { key: "b" }];
  expect(await placed({ nodeSelector: { "example.com/pool": "ml" }, tolerations })).toMatchObject({
    nodeSelector: { "example.com/pool": "ml" },
    tolerations: [
      { key: "a", value: "1", effect: "NoExecute", operator: "Equal" },
      { key: "b", operator: "Exists" },
    ],
  });
});

describe("a pod with GPUs", () => {
  const gpus = { vendor: "nvidia", count: 2, model: "L4" } as const;

  test("asks for them in requests and limits alike, on nodes that have the model, and is let onto their taint", async () => {
    const { affinity, tolerations, runtimeClassName } = await placed({ accelerator: gpus, tolerations: [{ key: "spot" }] });
    const { limits, requests } = containerOf(engine, DEPLOYMENT, "api").resources ?? {};
    expect(limits).toEqual({ cpu: "1000m", memory: "512Mi", "nvidia.com/gpu": "2" });
    expect(requests).toEqual({ cpu: "100m", memory: "512Mi", "nvidia.com/gpu": "2" });
    expect(affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "nvidia.com/gpu.product", operator: "In", values: ["NVIDIA-L4"] }] }],
        },
      },
    });
    expect(tolerations).toEqual([
      { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
      { key: "spot", operator: "Exists" },
    ]);
    expect(runtimeClassName).toBeUndefined();
  });

  test("of any model goes to any node that has some", async () => {
    expect(await placed({ accelerator: { vendor: "nvidia", count: 1 } })).not.toHaveProperty("affinity");
  });

  test("runs under the cluster's runtime class, by the cluster's name for the device", async () => {
    const accelerators = { labels: "gke", resource: "example.com/gpu", runtimeClass: "nvidia" } as const;
    expect(await placed({ accelerator: gpus }, { accelerators })).toMatchObject({
      runtimeClassName: "nvidia",
      containers: [{ resources: { limits: { "example.com/gpu": "2" }, requests: { "example.com/gpu": "2" } } }],
    });
  });
});

describe("devices by id are refused, with a remedy, before anything is changed", () => {
  const placement = { accelerator: { vendor: "nvidia" as const, devices: ["0", "1"] } };
  const refusal =
    'Kubernetes: 1 obstacle; nothing was changed\n  "api": accelerator: not available on Kubernetes; only a single host can promise device ids; use { vendor: "nvidia", count: 2 }';

  test("for a service", async () => {
    expect(await refusalOf(engine, (platform, opts) => platform.service("api", aServiceSpec({ placement }), opts))).toBe(refusal);
    expect(engine.resources.filter(({ type }) => type.startsWith("kubernetes:"))).toEqual([]);
  });

  test("for a gang", async () => {
    expect(await refusalOf(engine, (platform, opts) => platform.gang("api", aGangSpec({ placement }), opts))).toBe(refusal);
  });

  test("for a job", async () => {
    expect(await refusalOf(engine, (platform, opts) => platform.job("api", aJobSpec({ placement }), opts))).toBe(refusal);
  });

  test("for a job that reads a secret, whose name is known only later", async () => {
    const said = await refusalOf(engine, (platform, opts) => {
      const secret = platform.secret("db", { values: { password: "hunter2" } }, opts);
      const container = { image: "shop:1", env: { PASSWORD: secretValue(secret, "password") } };
      platform.job("api", aJobSpec({ placement, container }), opts);
    });
    expect(said).toBe(refusal);
  });

  test("together with every other obstacle", async () => {
    const container = { image: "shop:1", resources: { processes: 100 } };
    const said = await refusalOf(engine, (platform, opts) => {
      platform.service("api", aServiceSpec({ placement }), opts);
      platform.service("web", aServiceSpec({ container }), opts);
    });
    expect(said).toMatch(/^Kubernetes: 2 obstacles; nothing was changed\n {2}"api": accelerator: .*\n {2}"web": resources.processes: .*$/);
  });
});
