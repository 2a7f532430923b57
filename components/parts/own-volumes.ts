import { z } from "zod";

import * as w from "../workload/index.ts";

/** A volume that a stack file gives a server: what it is, and its place in every replica. */
export const ownVolume = w.strict({
  path: w.containerPath.describe("Its place in every replica."),
  readOnly: z.boolean().default(false).describe("Whether the replicas only read it."),
  size: w.memory.default("1Gi").describe("Capacity requested for it."),
  access: z.enum(["one-node", "many-nodes"]).default("many-nodes").describe("Whether replicas on several nodes mount it at once."),
  keep: w.protects(z.boolean().default(false).describe("Whether its data stay when the stack is destroyed."), "keeping the volume"),
});
