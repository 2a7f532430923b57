import type { TestStack } from "../support/stack.ts";
import type { Ask } from "./program.ts";

/** A real engine behind an adapter, as the tests of the port's promises see it: nothing here is of one target only. */
export interface Target {
  /** The stack whose program is `test/contract/program.ts`. */
  readonly stack: TestStack;
  /** Which platform an ask is for, with its settings. */
  readonly platform: Pick<Ask, "docker" | "kubernetes">;
  /** What each replica or member of a workload, or the work of a job, is known by while it is the same one, in order. */
  runs(workload: string): Promise<string[]>;
  /** What of a workload has been started and is there, running or not. */
  started(workload: string): Promise<string[]>;
  /** What the one at `index` has printed. */
  log(workload: string, index?: number): Promise<string>;
  /** Runs a program in the one at `index` and returns what it printed. */
  exec(workload: string, index: number, command: string[]): Promise<string>;
  /** Names of everything that carries the stack's label. */
  objects(): Promise<string[]>;
  /** Makes the stack empty, with nothing left of what it had: on the shortest way, since destroy has tests of its own. */
  clear(): Promise<void>;
  /** Ends the stack and removes what a failed test may have left. */
  remove(): Promise<void>;
}
