import type { Ground, Undo } from "./ground.ts";
import type { Load } from "./load.ts";

/** A system that runs, and those who use it. */
export interface Scene {
  readonly ground: Ground;
  readonly load: Load;
}

/** One thing that goes wrong with a real part, and what must be said of it. */
export interface DayFault {
  readonly name: string;
  readonly strike: (scene: Scene) => Promise<Undo>;
  /** What `npm run status` says of it; undefined: nothing, since everything declared is there. */
  readonly status?: RegExp;
  /** The parts whose log of the last minutes says it, and what. */
  readonly logs?: readonly [part: string, says: RegExp];
  /** Alerts that must be raised, as `PartDown of redis`; none: what heals by itself is no alert. */
  readonly alerts: readonly string[];
  /** The same on Kubernetes, where it is another. */
  readonly kubernetes?: readonly string[];
  /** Seconds within which they must be; default 90. */
  readonly within?: number;
  /** Alerts that may follow from it. */
  readonly also?: readonly string[];
  /** Most requests that may fail meanwhile; default: none. */
  readonly costs?: number;
  /** Alerts that look back for so long that nobody waits for their end. */
  readonly lingers?: readonly string[];
  /** What else is wrong while it lasts. */
  readonly meanwhile?: (scene: Scene) => Promise<readonly string[]>;
  /** What else must be so when it is over, and is said by the status. */
  readonly well?: (scene: Scene, status: string) => Promise<boolean>;
}

/** One of the systems, with its faults. Those of one round come at the same time, and befall different parts. */
export interface DaySystem {
  /** Its folder in `examples`. */
  readonly example: string;
  /** Deploys it as it is shipped, with monitoring, and resolves to those who use it. */
  readonly deploy: (ground: Ground) => Promise<Load>;
  /** A part with more replicas than one, which is looked at, entered and restarted; the gateway in front of it; and a near miss of its name. */
  readonly commands: { readonly part: string; readonly gateway: string; readonly misspelt: string };
  readonly rounds: readonly (readonly DayFault[])[];
}

/** That a replica was started again, and when it had ended; an engine with much to do forgets how. @param name of it, or how it begins */
export function wasKilled(name: string): RegExp {
  return new RegExp(`^.*${name}.*[1-9] +(exit 137, )?\\d+ s ago`, "m");
}
