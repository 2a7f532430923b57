import type { Run } from "../support/stack.ts";
import type { Ask } from "./program.ts";
import type { Target } from "./target.ts";

/** A target, and how the tests of a promise deploy on it. */
export interface Contract {
  /** There is none before the tests of its file begin. */
  target(): Target;
  /** Deploys what is asked for. */
  up(ask: Ask, ...args: string[]): Promise<Run>;
  /** Deploys what has to succeed. */
  good(ask: Ask, ...args: string[]): Promise<void>;
  /** Deploys what has to fail, and returns what was printed. */
  bad(ask: Ask): Promise<string>;
}
