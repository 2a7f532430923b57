import { z } from "zod";

import { strict } from "./schema.ts";

/** GPUs that can be requested by name; the memory distinguishes two sizes of one model. */
export const GPU_MODELS = ["T4", "L4", "L40S", "A100-40GB", "A100-80GB", "H100", "H200", "B200"] as const;
/** One of them. */
export type GpuModel = (typeof GPU_MODELS)[number];

/** Devices for one container: a number of a kind, or particular ones. */
export type Accelerator = z.input<typeof accelerator>;
/** Where a workload may run. */
export type Placement = z.input<typeof placement>;
/** A placement with every default filled in. */
export type CompletePlacement = z.output<typeof placement>;

const vendor = z.literal("nvidia").describe("Maker of the devices.");

/**
 * `{ vendor, count, model? }` lets the platform choose the devices; `{ vendor, devices }` names them by the ids that the
 * vendor's tool lists (`nvidia-smi -L`), which only a target with one host can promise. Such a target is assumed to have
 * the model.
 */
export const accelerator = z.union(
  [
    strict({
      vendor,
      count: z.int().min(1).max(16).describe("Devices, which the platform chooses."),
      model: z.enum(GPU_MODELS).optional().describe("Model that they must be; default: any."),
    }),
    strict({
      vendor,
      devices: z
        .array(z.string().min(1))
        .min(1)
        .describe("Ids that the vendor's tool lists (nvidia-smi -L); only a single host can promise them."),
    }),
  ],
  {
    error: `must be { vendor: "nvidia", count: 1 to 16, model? } or { vendor: "nvidia", devices: ["0", …] }; models are ${GPU_MODELS.join(", ")}`,
  },
);

/** Labels that a node must have, by key. */
export const nodeSelector = z.record(z.string().min(1), z.string());

/** Permission to run on nodes with this taint; without a value, whatever its value. */
export type Toleration = z.input<typeof toleration>;
export const toleration = strict({
  key: z.string().min(1),
  value: z.string().optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
});

/** Devices, labels and taints together; default: none, anywhere. */
export const placement = strict({
  accelerator: accelerator.optional(),
  nodeSelector: nodeSelector.default({}),
  tolerations: z.array(toleration).default([]),
});
