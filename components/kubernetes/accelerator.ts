import { z } from "zod";

import { type accelerator, dnsLabel, GPU_MODELS, type GpuModel, type Mistake, strict, unsupported } from "../workload/adapter/index.ts";

/** A node label, and which of its values stand for a model; a model that is missing is not offered. */
interface Label {
  readonly key: string;
  readonly values: Readonly<{ [Model in GpuModel]?: readonly string[] | undefined }>;
}

/** How labels of nodes name their GPU. `second` must hold as well, for the models that the first label leaves open. */
interface Dialect extends Label {
  readonly second?: Label;
}

/**
 * Amazon EC2's own names and MiB per GPU (DescribeInstanceTypes), which both AWS dialects repeat in lower case. Only the
 * memory distinguishes the two A100, and a whole L4 from the slices of one (g6f, gr6f), which are called "l4" as well:
 * Karpenter brought up slices for pods that asked for an L4 (aws/karpenter-provider-aws issue 8324).
 */
const EC2_NAMES: Label["values"] = {
  T4: ["t4"],
  L4: ["l4"],
  L40S: ["l40s"],
  "A100-40GB": ["a100"],
  "A100-80GB": ["a100"],
  H100: ["h100"],
  H200: ["h200"],
  B200: ["b200"],
};
const EC2_MEMORY: Label["values"] = { L4: ["22888"], "A100-40GB": ["40960"], "A100-80GB": ["81920"] };

/** Every dialect's labels. All SXM, PCIe and NVL variants of a model count as that model; slices and shares of a GPU do not. */
export const DIALECTS = {
  // NVIDIA k8s-device-plugin, docs/gpu-feature-discovery/README.md: the product name of `nvidia-smi -L` with dashes for
  // blanks, with a suffix where it is sliced or shared (-MIG-…, -SHARED). Drivers before 470 left "NVIDIA" out.
  nvidia: {
    key: "nvidia.com/gpu.product",
    values: {
      T4: ["Tesla-T4"],
      L4: ["NVIDIA-L4"],
      L40S: ["NVIDIA-L40S"],
      "A100-40GB": ["NVIDIA-A100-SXM4-40GB", "NVIDIA-A100-PCIE-40GB", "A100-SXM4-40GB", "A100-PCIE-40GB"],
      "A100-80GB": ["NVIDIA-A100-SXM4-80GB", "NVIDIA-A100-80GB-PCIe", "A100-SXM4-80GB"],
      H100: ["NVIDIA-H100-80GB-HBM3", "NVIDIA-H100-PCIe", "NVIDIA-H100-NVL"],
      H200: ["NVIDIA-H200", "NVIDIA-H200-NVL"],
      B200: ["NVIDIA-B200"],
    },
  },
  // Google Kubernetes Engine, "Deploy GPU workloads in Autopilot", the list of GPU_TYPE. GKE has no L40S.
  gke: {
    key: "cloud.google.com/gke-accelerator",
    values: {
      T4: ["nvidia-tesla-t4"],
      L4: ["nvidia-l4"],
      "A100-40GB": ["nvidia-tesla-a100"],
      "A100-80GB": ["nvidia-a100-80gb"],
      H100: ["nvidia-h100-80gb", "nvidia-h100-mega-80gb"],
      H200: ["nvidia-h200-141gb"],
      B200: ["nvidia-b200"],
    },
  },
  // Karpenter for AWS, Reference, "Instance Types": g4dn, g6, gr6, g6e, p4d, p4de, p5, p5e, p5en, p6-b200.
  karpenter: {
    key: "karpenter.k8s.aws/instance-gpu-name",
    values: EC2_NAMES,
    second: { key: "karpenter.k8s.aws/instance-gpu-memory", values: EC2_MEMORY },
  },
  // Amazon EKS User Guide, "Create a Node Pool for EKS Auto Mode" (labels) and "EKS Auto Mode supported instance reference".
  "eks-auto": {
    key: "eks.amazonaws.com/instance-gpu-name",
    values: EC2_NAMES,
    second: { key: "eks.amazonaws.com/instance-gpu-memory", values: EC2_MEMORY },
  },
} as const satisfies Record<string, Dialect>;

const dialectNames = Object.keys(DIALECTS) as (keyof typeof DIALECTS)[];

const qualifiedName = z
  .string()
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/, "must be a name such as example.com/gpu");
const labelValues = z
  .array(z.string().regex(/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/, "must be a label value, such as NVIDIA-L4"))
  .min(1, "must list at least one label value")
  .optional();

const customLabels = strict({
  key: qualifiedName.describe("Key of the nodes' label that names the GPU's model."),
  values: strict(
    Object.fromEntries(GPU_MODELS.map((model) => [model, labelValues.describe(`Label values that stand for ${model}.`)])) as Record<
      GpuModel,
      typeof labelValues
    >,
  ).describe("For each model that the cluster has, the label values that stand for it."),
});

/** How a cluster offers GPUs. */
export const accelerators = strict({
  labels: z
    .union([z.enum(dialectNames), customLabels], {
      error: `must be ${dialectNames.map((name) => `"${name}"`).join(", ")} or { key, values: { <model>: ["label value", …] } }; models are ${GPU_MODELS.join(", ")}`,
    })
    .default("nvidia")
    .describe("Whose labels name a node's GPU model: NVIDIA's GPU feature discovery, GKE's, Karpenter's, EKS Auto Mode's or your own."),
  resource: qualifiedName.default("nvidia.com/gpu").describe("Name under which the device plugin offers GPUs."),
  runtimeClass: dnsLabel.optional().describe("RuntimeClass of pods with GPUs, where the NVIDIA runtime is not the nodes' default."),
});

/** What a pod must say to get its GPUs: of the container, of its required node affinity, and of itself. */
export interface Devices {
  readonly resources: Record<string, string>;
  readonly matchExpressions: { key: string; operator: "In"; values: string[] }[];
  readonly tolerations: { key: string; operator: "Exists"; effect: "NoSchedule" }[];
  readonly runtimeClassName?: string;
}

/**
 * The Kubernetes fields of a request for GPUs, or the mistake in it.
 *
 * @param path of the accelerator in the spec · @param settings the platform's
 */
export function devicesOf(
  path: string,
  wanted: z.output<typeof accelerator> | undefined,
  settings: z.output<typeof accelerators>,
): Devices | Mistake {
  if (wanted === undefined) return { resources: {}, matchExpressions: [], tolerations: [] };
  if ("devices" in wanted) {
    const count = `{ vendor: "nvidia", count: ${wanted.devices.length} }`;
    return unsupported(path, "Kubernetes", `only a single host can promise device ids; use ${count}`);
  }
  const { labels, resource, runtimeClass } = settings;
  const dialect: Dialect = typeof labels === "string" ? DIALECTS[labels] : labels;
  const { model } = wanted;
  if (model !== undefined && dialect.values[model] === undefined) {
    const offered = GPU_MODELS.filter((known) => dialect.values[known] !== undefined);
    const whose = typeof labels === "string" ? `${labels} labels` : `your label ${labels.key}`;
    return unsupported(`${path}.model`, `nodes with ${whose}, which name no ${model}`, `use ${[...offered, "no model"].join(" or ")}`);
  }
  return {
    resources: { [resource]: String(wanted.count) },
    matchExpressions: [dialect, dialect.second].flatMap((label) => {
      const values = model === undefined ? undefined : label?.values[model];
      return label === undefined || values === undefined ? [] : [{ key: label.key, operator: "In" as const, values: [...values] }];
    }),
    // By convention GPU nodes carry this taint, whatever their resource is called.
    tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
    ...(runtimeClass === undefined ? {} : { runtimeClassName: runtimeClass }),
  };
}
