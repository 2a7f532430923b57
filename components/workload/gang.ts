import { z } from "zod";

import { gangContainerSpec } from "./container.ts";
import { after } from "./order.ts";
import { placement } from "./placement.ts";
import { inputText, port, strict } from "./schema.ts";
import { duration } from "./units.ts";

/** Most members of one gang. */
export const LARGEST_GANG = 1024;

/** A fixed number of members with stable names which start and fail as one. */
export type GangSpec = z.input<typeof gangSpec>;
/** A gang with every default filled in. */
export type CompleteGang = z.output<typeof gangSpec>;

export const gangSpec = strict({
  /** The same for every member; only the values of references such as `memberIndex()` differ. */
  container: gangContainerSpec,
  /** Number of members. */
  size: z.int().min(1).max(LARGEST_GANG),
  /**
   * What the gang depends on besides its image, command and environment, e.g. the version of its data: a changed input ends
   * its members and starts all of them again. The containers do not see it. Default: nothing.
   */
  inputs: z.record(z.string().min(1), inputText).default({}),
  /** Port on which member 0 accepts the others. */
  rendezvousPort: port,
  /** Times that each member is restarted after a failure before the gang counts as failed. */
  maxRestarts: z.int().min(0).max(1000).default(3),
  /** Time a deployment waits for all members to start, e.g. for free nodes. Where the target has one host, they start at once or fail. */
  startBudget: duration.default("5m"),
  placement: placement.prefault({}),
  /** Workloads that must be ready, have succeeded or have started before the members start. */
  after,
});
