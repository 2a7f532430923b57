import { RunError } from "@pulumi/pulumi/errors.js";

import type { Operations } from "../../components/workload/operations.ts";
import { operationsOn, type RecordedStack } from "../../infra/platform.ts";
import { Problem } from "../lib/problem.ts";
import { recordedStack } from "../setup/recorded.ts";
import { type Stack, whereOf, wordsOf } from "../setup/stack.ts";

/** A deployed stack, and what may be asked of it. */
export interface Operated {
  readonly stack: Stack;
  readonly recorded: RecordedStack;
  readonly operations: Operations;
}

/** @throws Problem with the next command where a stack is not deployed from this machine, or there is no way to its engine or cluster */
export async function operated(stack: Stack): Promise<Operated> {
  const recorded = recordedStack(stack);
  if (recorded === undefined) throw new Problem(notUp(stack));
  return sentences(async () => ({ stack, recorded, operations: await operationsOn(recorded) }));
}

/** What `work` resolves to; what the target's adapter says to users is a problem of theirs. */
export async function sentences<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw RunError.isInstance(error) ? new Problem(error.message) : error;
  }
}

/** A command on a stack, as a user types it: `npm run status -- model-serving`. */
export function command(name: string, stack: Stack, words = ""): string {
  const all = [words, wordsOf(stack)].filter((part) => part !== "").join(" ");
  return `npm ${name === "start" ? name : `run ${name}`}${all === "" ? "" : ` -- ${all}`}`;
}

/** The same for a command whose first words are names: `npm run logs -- api -e model-serving`. */
export function namedCommand(name: string, words: string, stack: Stack): string {
  const of = wordsOf(stack).replace(/^(?=[a-z])/, "-e ");
  return `npm run ${name} -- ${[words, of].filter((part) => part !== "").join(" ")}`;
}

function notUp(stack: Stack): string {
  return `stack ${stack.name} of ${stack.project} (${whereOf(stack)}) is not deployed from this machine; ${command("start", stack)} brings it up`;
}
