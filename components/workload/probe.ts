import { z } from "zod";

import { containerPath, port, strict } from "./schema.ts";
import { duration } from "./units.ts";

/** When a replica may receive traffic, and how often that is checked. */
export type Probe = z.input<typeof probe>;
/** A probe with every default filled in. */
export type CompleteProbe = z.output<typeof probe>;

const cadence = {
  /** Time between two checks. */
  interval: duration.default("5s").describe("Time between two checks."),
  /**
   * Time between two checks until the first success; default: `interval`. Kubernetes has one time for both, which is then the shorter:
   * its nodes ask by themselves. On Docker each check starts programs, for as long as the container runs, and the deployment itself
   * asks a new container several times a second.
   */
  startInterval: duration.optional().describe("Time between two checks until the first success."),
  /** A check that takes longer than this has failed. */
  timeout: duration.default("3s").describe("A check that takes longer than this has failed."),
  /** Failed checks in a row, after the startup grace, until the replica counts as not ready. */
  failureThreshold: z.int().min(1).default(3).describe("Failed checks in a row until the replica counts as not ready."),
  /** Time after the start during which failed checks do not count, e.g. while a model loads. */
  startupGrace: duration.default("30s").describe("Time after the start during which failed checks do not count."),
};

/**
 * The three kinds of check: an HTTP GET that answers 2xx or 3xx, a TCP connection, or a command that exits 0.
 * Defaults: every 5 s, time-out 3 s, 3 failures, 30 s startup grace.
 */
export const probe = z.discriminatedUnion("kind", [
  strict({ kind: z.literal("http"), port, path: containerPathOrRoot(), ...cadence }),
  strict({ kind: z.literal("tcp"), port, ...cadence }),
  strict({ kind: z.literal("exec"), command: z.array(z.string()).min(1, "must name the program to run"), ...cadence }),
]);

/** What a probe asks, without how often and for how long. */
export const question = z.discriminatedUnion("kind", [
  strict({ kind: z.literal("http"), port, path: containerPathOrRoot() }),
  strict({ kind: z.literal("tcp"), port }),
  strict({ kind: z.literal("exec"), command: z.array(z.string()).min(1, "must name the program to run") }),
]);

/** The fields that say how often and for how long, and not what is asked. */
export type CadenceField = keyof typeof cadence;
type Cadence = Partial<Pick<Probe, CadenceField>>;

/** Ready when `GET path` on `port` answers with 2xx or 3xx. */
export function httpProbe(port: number, path: string, cadence: Cadence = {}): Probe {
  return { kind: "http", port, path, ...cadence };
}

/** Ready when `port` accepts a connection. */
export function tcpProbe(port: number, cadence: Cadence = {}): Probe {
  return { kind: "tcp", port, ...cadence };
}

/** Ready when `command`, run inside the container and without a shell, exits with 0. */
export function execProbe(command: string[], cadence: Cadence = {}): Probe {
  return { kind: "exec", command, ...cadence };
}

function containerPathOrRoot() {
  return z.union([z.literal("/"), containerPath], { error: 'must be a path that starts with "/"' });
}
