import type { Example } from "../../support/example.ts";
import type { Pages } from "../../support/monitoring.ts";

/** What ends a fault. */
export type Undo = () => Promise<unknown>;

/** One of the examples where it runs, and what can go wrong with its parts there. */
export interface Ground {
  readonly example: Example;
  /** Where the pages of its monitoring answer, which has to be deployed. */
  pages(): Promise<Pages>;
  /** Ends all but so many replicas of a service, as an operator does by mistake. */
  halt(part: string, left: number): Promise<Undo>;
  /** Holds a replica of a service or a member of a gang, so that it answers nothing and does not end. */
  hang(part: string, at: number): Promise<Undo>;
  /** Kills a replica or a member from outside, as the kernel does that has no memory. */
  crash(part: string, at: number): Promise<void>;
  /** Has replicas of a model server load another version than the one that was deployed, by hand. A deployment puts it right. */
  exchange(part: string, version: string): Promise<void>;
  remove(): Promise<void>;
}
