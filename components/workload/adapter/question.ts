import type { CadenceField, CompleteProbe } from "../probe.ts";
import type { Duration } from "../units.ts";

/** What a probe asks, without how often and for how long. */
export type Question = CompleteProbe extends infer P ? (P extends unknown ? Omit<P, CadenceField> : never) : never;

/** What shows that a container does not hang, and how long it may fail to until it is started again. */
export interface Hang {
  /** Default: what readiness asks. */
  readonly alive: Question | undefined;
  readonly restartAfter: Duration;
}
