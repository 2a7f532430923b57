import { z } from "zod";

import { containerSpec } from "./container.ts";
import { after } from "./order.ts";
import { placement } from "./placement.ts";
import { inputText, strict } from "./schema.ts";
import { duration } from "./units.ts";

/** Work that runs to success once, and again exactly when its image, command, environment, mounts or inputs change. */
export type JobSpec = z.input<typeof jobSpec>;
/** A job with every default filled in. */
export type CompleteJob = z.output<typeof jobSpec>;

export const jobSpec = strict({
  container: containerSpec,
  /** What the work depends on besides its image, command and environment, e.g. the version of its source data. */
  inputs: z.record(z.string().min(1), inputText).default({}),
  /** Time a deployment waits for the work to start, e.g. for a free node or an image. Where the target has one host, it starts at once or fails. */
  startBudget: duration.default("2m"),
  /** Time after which the work counts as failed. */
  deadline: duration.default("30m"),
  placement: placement.prefault({}),
  /** Workloads that must be ready, have succeeded or have started before the work starts. */
  after,
});
