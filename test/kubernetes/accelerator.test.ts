import { describe, expect, test } from "vitest";
import { z } from "zod";

import { accelerators, DIALECTS, devicesOf } from "../../components/kubernetes/accelerator.ts";
import { GPU_MODELS, type GpuModel } from "../../components/workload/index.ts";
import { messages } from "../support/messages.ts";

type Given = z.input<typeof accelerators>;
type Name = keyof typeof DIALECTS;

const names = Object.keys(DIALECTS) as Name[];

function ask(model: GpuModel | undefined, settings: Given = {}, count = 2) {
  const wanted = { vendor: "nvidia" as const, count, ...(model === undefined ? {} : { model }) };
  return devicesOf("trainer: accelerator", wanted, accelerators.parse(settings));
}

/** What a node must be labelled to get the model, as `key=value|value`. */
function nodes(model: GpuModel, settings: Given): string[] {
  const devices = ask(model, settings);
  if ("message" in devices) throw new Error(devices.message);
  return devices.matchExpressions.map(({ key, operator, values }) => {
    expect(operator).toBe("In");
    return `${key}=${values.join("|")}`;
  });
}

/** Every model that every dialect offers; what is missing here is refused. */
const EXPECTED: Record<Name, Partial<Record<GpuModel, string[]>>> = {
  nvidia: {
    T4: ["nvidia.com/gpu.product=Tesla-T4"],
    L4: ["nvidia.com/gpu.product=NVIDIA-L4"],
    L40S: ["nvidia.com/gpu.product=NVIDIA-L40S"],
    "A100-40GB": ["nvidia.com/gpu.product=NVIDIA-A100-SXM4-40GB|NVIDIA-A100-PCIE-40GB|A100-SXM4-40GB|A100-PCIE-40GB"],
    "A100-80GB": ["nvidia.com/gpu.product=NVIDIA-A100-SXM4-80GB|NVIDIA-A100-80GB-PCIe|A100-SXM4-80GB"],
    H100: ["nvidia.com/gpu.product=NVIDIA-H100-80GB-HBM3|NVIDIA-H100-PCIe|NVIDIA-H100-NVL"],
    H200: ["nvidia.com/gpu.product=NVIDIA-H200|NVIDIA-H200-NVL"],
    B200: ["nvidia.com/gpu.product=NVIDIA-B200"],
  },
  gke: {
    T4: ["cloud.google.com/gke-accelerator=nvidia-tesla-t4"],
    L4: ["cloud.google.com/gke-accelerator=nvidia-l4"],
    "A100-40GB": ["cloud.google.com/gke-accelerator=nvidia-tesla-a100"],
    "A100-80GB": ["cloud.google.com/gke-accelerator=nvidia-a100-80gb"],
    H100: ["cloud.google.com/gke-accelerator=nvidia-h100-80gb|nvidia-h100-mega-80gb"],
    H200: ["cloud.google.com/gke-accelerator=nvidia-h200-141gb"],
    B200: ["cloud.google.com/gke-accelerator=nvidia-b200"],
  },
  karpenter: onEc2("karpenter.k8s.aws"),
  "eks-auto": onEc2("eks.amazonaws.com"),
};

function onEc2(prefix: string): Record<GpuModel, string[]> {
  return {
    T4: [`${prefix}/instance-gpu-name=t4`],
    L4: [`${prefix}/instance-gpu-name=l4`, `${prefix}/instance-gpu-memory=22888`],
    L40S: [`${prefix}/instance-gpu-name=l40s`],
    "A100-40GB": [`${prefix}/instance-gpu-name=a100`, `${prefix}/instance-gpu-memory=40960`],
    "A100-80GB": [`${prefix}/instance-gpu-name=a100`, `${prefix}/instance-gpu-memory=81920`],
    H100: [`${prefix}/instance-gpu-name=h100`],
    H200: [`${prefix}/instance-gpu-name=h200`],
    B200: [`${prefix}/instance-gpu-name=b200`],
  };
}

describe.each(names)("with %s labels", (labels) => {
  test.each(GPU_MODELS.filter((model) => EXPECTED[labels][model]))("%s", (model) => {
    expect(nodes(model, { labels })).toEqual(EXPECTED[labels][model]);
  });

  const missing = GPU_MODELS.filter((model) => EXPECTED[labels][model] === undefined);
  test.runIf(missing.length > 0).each(missing)("%s is refused", (model) => {
    expect(ask(model, { labels })).toHaveProperty("path", "trainer: accelerator.model");
  });

  test("no node can pass for two models", () => {
    const accepts = GPU_MODELS.filter((model) => EXPECTED[labels][model]).map((model) => ({
      model,
      labels: parsed(nodes(model, { labels })),
    }));
    const confusable = accepts.flatMap((one, at) =>
      accepts.slice(at + 1).flatMap((two) => {
        const keys = [...one.labels.keys()].filter((key) => two.labels.has(key));
        const apart = keys.some((key) => !one.labels.get(key)?.some((value) => two.labels.get(key)?.includes(value)));
        return apart ? [] : [`${one.model} and ${two.model}`];
      }),
    );
    expect(confusable).toEqual([]);
  });

  test("names no slice or share of a GPU, and no value twice", () => {
    const values = GPU_MODELS.filter((model) => EXPECTED[labels][model]).flatMap((model) => nodes(model, { labels }));
    expect(values.join(" ")).not.toMatch(/MIG|SHARED/);
    for (const value of values.flatMap((text) => text.split("=")[1]?.split("|") ?? [])) expect(value).toMatch(/^[A-Za-z0-9][-\w.]{0,62}$/);
    for (const text of values) expect(new Set(text.split("|")).size).toBe(text.split("|").length);
  });
});

/** Values by label key. */
function parsed(texts: string[]): Map<string, string[]> {
  return new Map(texts.map((text) => [text.split("=")[0] ?? "", text.split("=")[1]?.split("|") ?? []]));
}

test("a model that the labels cannot name is refused with what they can", () => {
  expect(ask("L40S", { labels: "gke" })).toEqual({
    path: "trainer: accelerator.model",
    message:
      "not available on nodes with gke labels, which name no L40S; use T4 or L4 or A100-40GB or A100-80GB or H100 or H200 or B200 or no model",
  });
});

describe("labels of one's own", () => {
  const labels = { key: "example.com/gpu", values: { H100: ["hopper-sxm", "hopper-pcie"], T4: ["turing"] } };

  test("name the models they list", () => expect(nodes("H100", { labels })).toEqual(["example.com/gpu=hopper-sxm|hopper-pcie"]));

  test("refuse the others", () => {
    expect(ask("B200", { labels })).toEqual({
      path: "trainer: accelerator.model",
      message: "not available on nodes with your label example.com/gpu, which name no B200; use T4 or H100 or no model",
    });
  });
});

describe("a request becomes", () => {
  test("nothing without an accelerator, whatever the platform's settings", () => {
    const empty = { resources: {}, matchExpressions: [], tolerations: [] };
    expect(devicesOf("api: accelerator", undefined, accelerators.parse({ runtimeClass: "nvidia", labels: "gke" }))).toEqual(empty);
  });

  test("a resource and a toleration", () => {
    expect(ask(undefined)).toEqual({
      resources: { "nvidia.com/gpu": "2" },
      matchExpressions: [],
      tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
    });
  });

  test("the resource and runtime class of the platform", () => {
    expect(ask("T4", { resource: "nvidia.com/gpu.shared", runtimeClass: "nvidia" }, 1)).toEqual({
      resources: { "nvidia.com/gpu.shared": "1" },
      matchExpressions: [{ key: "nvidia.com/gpu.product", operator: "In", values: ["Tesla-T4"] }],
      tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
      runtimeClassName: "nvidia",
    });
  });

  test("a mistake when it names devices", () => {
    expect(devicesOf("api: accelerator", { vendor: "nvidia", devices: ["0", "3"] }, accelerators.parse({}))).toEqual({
      path: "api: accelerator",
      message: 'not available on Kubernetes; only a single host can promise device ids; use { vendor: "nvidia", count: 2 }',
    });
  });
});

describe("settings", () => {
  test("default to NVIDIA's own", () => expect(accelerators.parse({})).toEqual({ labels: "nvidia", resource: "nvidia.com/gpu" }));

  test("describe every key", () => {
    const { properties = {} } = z.toJSONSchema(accelerators, { io: "input" });
    expect(Object.keys(properties)).toEqual(["labels", "resource", "runtimeClass"]);
    for (const property of Object.values(properties)) expect(property).toHaveProperty("description");
  });

  test.each([
    ["an unknown key", { label: "gke" }, 'unknown key "label"; did you mean "labels"?'],
    ["an unknown dialect", { labels: "aks" }, 'labels: must be "nvidia", "gke", "karpenter", "eks-auto" or { key, values:'],
    [
      "an unknown model",
      { labels: { key: "example.com/gpu", values: { H900: ["x"] } } },
      'labels.values: unknown key "H900"; did you mean "H100"?',
    ],
    ["a model without values", { labels: { key: "example.com/gpu", values: { H100: [] } } }, "must list at least one label value"],
    ["a value that no label can have", { labels: { key: "example.com/gpu", values: { H100: ["NVIDIA H100"] } } }, "must be a label value"],
    ["a resource that is no name", { resource: "nvidia gpu" }, "resource: must be a name such as example.com/gpu"],
    ["a runtime class that is no name", { runtimeClass: "NVIDIA" }, "runtimeClass: must be lower-case letters"],
  ])("refuse %s", (_title, given, message) => expect(messages(accelerators, given).join("\n")).toContain(message));
});
