import type { CompleteProbe } from "../probe.ts";

type Cadence = "interval" | "timeout" | "failureThreshold" | "startupGrace";

/** What a probe asks, without how often and for how long. */
export type Question = CompleteProbe extends infer P ? (P extends unknown ? Omit<P, Cadence> : never) : never;
