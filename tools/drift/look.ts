import { RunError } from "@pulumi/pulumi/errors.js";

import { driftOf } from "../../infra/platform.ts";
import { Problem, problemOf } from "../lib/problem.ts";
import { checkpointOf, isStale, locksOf } from "../setup/backend.ts";
import { holderOf } from "../setup/locks.ts";
import { recordedStack } from "../setup/recorded.ts";
import { optionsOf, type Stack, wordsOf } from "../setup/stack.ts";
import type { StackDrift } from "./schema.ts";

/** Stacks that are looked at together. */
const AT_ONCE = 4;

/** Compares what runs with what was deployed, for several stacks; one that cannot be looked at hides no other. */
export async function driftIn(stacks: readonly Stack[]): Promise<StackDrift[]> {
  const found: StackDrift[] = [];
  const waiting = stacks.map((stack, index) => ({ stack, index }));
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) found[next.index] = await lookedAt(next.stack);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

async function lookedAt(stack: Stack): Promise<StackDrift> {
  const { project, name } = stack;
  const nothing: StackDrift = { project, stack: name, target: null, differences: [], notes: [], failed: null };
  const checkpoint = checkpointOf(stack);
  const deployed = recordedStack(stack);
  if (checkpoint === undefined || deployed === undefined) return nothing;
  try {
    refuseWhileDeployed(stack);
    const { differences, notes } = await driftOf(deployed);
    return {
      ...nothing,
      target: deployed.target,
      differences: differences.map(({ remedy = null, ...difference }) => ({ ...difference, remedy })),
      notes: [...interrupted(stack, (checkpoint.pending_operations?.length ?? 0) > 0), ...notes],
    };
  } catch (error) {
    const failed = RunError.isInstance(error) ? error.message : problemOf(error);
    if (failed === undefined) throw error;
    return { ...nothing, target: deployed.target, failed };
  }
}

/** Meanwhile nothing is as it was, nor as it will be. */
function refuseWhileDeployed(stack: Stack): void {
  const holders = locksOf(stack).filter(({ lock }) => !isStale(lock));
  if (holders.length > 0) throw new Problem(holders.map(({ lock }) => holderOf(stack, lock)).join("\n"));
}

function interrupted(stack: Stack, isPending: boolean): string[] {
  if (!isPending && locksOf(stack).length === 0) return [];
  const words = wordsOf(stack);
  return [
    `the last deployment was interrupted (${optionsOf(stack)}), and what it made last may not be recorded: npm run repair${words === "" ? "" : ` -- ${words}`}`,
  ];
}
