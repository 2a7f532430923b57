import { rmSync } from "node:fs";

import { Problem } from "../lib/problem.ts";
import { mustRun } from "../lib/run.ts";
import { checkpointOf, isStale, locksOf } from "../setup/backend.ts";
import { setUp } from "../setup/index.ts";
import { leftoversOf } from "../setup/leftovers.ts";
import { holderOf } from "../setup/locks.ts";
import { endOrphans } from "../setup/orphans.ts";
import { settingsFile } from "../setup/secrets.ts";
import type { Stack } from "../setup/stack.ts";
import { partsOf } from "./pulumi.ts";

type Environment = Readonly<Record<string, string>>;

/** Clears away what a killed deployment of a stack left, and says what was done; sets up only what that needs. */
export async function repair(stack: Stack): Promise<number> {
  const actions = await repairStack(stack, () => setUp(partsOf(stack)));
  process.stdout.write(`${actions.length === 0 ? "nothing to repair" : actions.join("\n")}\n`);
  return 0;
}

/**
 * Repairs where something was interrupted. What was made and not recorded only the engine or cluster knows. It is asked each time: a
 * deployment by Pulumi alone that ends well after one that was killed takes away every sign of that, and leaves what it made.
 */
export async function repairIfInterrupted(stack: Stack, env: Environment): Promise<void> {
  for (const line of await repairStack(stack, async () => env)) process.stderr.write(`✓ repair: ${line}\n`);
}

/**
 * Clears away what a deployment that was killed left: processes, its lock, creates in the state that may or may not have happened,
 * and what it made on the engine or cluster without recording it. A deployment that still runs is left alone.
 *
 * @returns what was done, one line each
 * @throws Problem that says who holds the stack's lock, where the deployment may still run
 */
async function repairStack(stack: Stack, environment: () => Promise<Environment>): Promise<string[]> {
  const locks = locksOf(stack);
  const alive = locks.filter(({ lock }) => !isStale(lock));
  if (alive.length > 0) throw new Problem(alive.map(({ lock }) => holderOf(stack, lock)).join("\n"));
  const actions = locks.map(({ path }) => {
    rmSync(path, { force: true });
    return `removed the lock of a deployment that no longer runs (${path})`;
  });
  // Only where its engine is gone may one of its plugins run without it.
  const ended = locks.length === 0 ? 0 : endOrphans();
  if (ended > 0) actions.push(`ended ${ended === 1 ? "a process" : `${ended} processes`} of it that still ran`);
  if ((checkpointOf(stack)?.pending_operations?.length ?? 0) > 0) {
    const env = await environment();
    const file = await settingsFile(stack, env);
    const words = ["refresh", "--yes", "--non-interactive", "--clear-pending-creates", "--run-program=false", "--config-file", file];
    await mustRun("repair", "pulumi", [...words, "--stack", stack.name, "--cwd", stack.folder], { env });
    actions.push("brought the state up to date with the engine and cleared unfinished creates");
  }
  const left = await leftoversOf(stack).catch((error: unknown) => {
    process.stderr.write(`! repair: what it may have left there could not be looked for: ${messageOf(error)}\n`);
    return [];
  });
  return [...actions, ...left.map((one) => `removed ${one}, which an interrupted deployment had made and not recorded`)];
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
