import { z } from "zod";

import { strict } from "./schema.ts";

/** Devices for one container: so many of a kind, or these very ones. */
export type Accelerator = z.input<typeof accelerator>;
/** Where a workload may run. */
export type Placement = z.input<typeof placement>;
/** A placement with every default filled in. */
export type CompletePlacement = z.output<typeof placement>;

/**
 * `{ vendor, count }` lets the platform choose the devices; `{ vendor, devices }` names them by the ids that the
 * vendor's tool lists (`nvidia-smi -L`), which only a single host can promise.
 */
export const accelerator = z.union(
  [
    strict({ vendor: z.literal("nvidia"), count: z.int().min(1).max(16) }),
    strict({ vendor: z.literal("nvidia"), devices: z.array(z.string().min(1)).min(1) }),
  ],
  { error: 'must be { vendor: "nvidia", count: 1 to 16 } or { vendor: "nvidia", devices: ["0", …] }' },
);

/** Labels that a node must have, by key. */
export const nodeSelector = z.record(z.string().min(1), z.string());

/** Permission to run on nodes with this taint. */
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
