import * as w from "../workload/index.ts";

/** Seconds in which a server that does not hang answers at least once, however much it and its machine have to do. */
const PATIENCE = 120;

/**
 * What makes the platform start a server again that hangs: it has not answered for the time that its start may take, and two minutes.
 *
 * @param alive what it answers while it does not hang, whatever it lacks; default: what its readiness asks
 * @param startupGrace that of its readiness
 */
export function startedAgain(startupGrace: w.Duration, alive?: w.ServiceSpec["alive"]): Pick<w.ServiceSpec, "alive" | "restartAfter"> {
  return { ...(alive === undefined ? {} : { alive }), restartAfter: `${Math.ceil(w.toSeconds(startupGrace)) + PATIENCE}s` };
}

/** An answer to `GET path` with 2xx or 3xx. */
export function answers(port: number, path: string): NonNullable<w.ServiceSpec["alive"]> {
  return { kind: "http", port, path };
}
