import { z } from "zod";

import { containerSpec } from "./container.ts";
import { placement } from "./placement.ts";
import { strict } from "./schema.ts";
import { duration } from "./units.ts";

/** Work that a deployment declares and never starts: people start it, as often as they like, with what is deployed. */
export type TaskSpec = z.input<typeof taskSpec>;
/** A task with every default filled in. */
export type CompleteTask = z.output<typeof taskSpec>;

export const taskSpec = strict({
  container: containerSpec,
  /** Devices are used while a run lasts; tasks may name the same ones, a task and another workload may not. */
  placement: placement.prefault({}),
  /** Time after which a run is ended. */
  deadline: duration.default("24h"),
  /** Whether a run is typed into, as a shell is; it then needs a terminal. */
  interactive: z.boolean().default(false),
});
