import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import { DEV } from "../setup/index.ts";
import { lives } from "../setup/pid-file.ts";
import { mustRun } from "../setup/run.ts";
import { backendFolder, PROJECT } from "../setup/state.ts";

/** What Pulumi writes into the lock of a stack on a file backend. */
interface Lock {
  readonly pid?: number;
  readonly hostname?: string;
}

/**
 * Clears away what a deployment that was killed left in the state: its lock, and creates of which nobody knows whether
 * they happened. What they made on the engine is removed when it is made again. A deployment that still runs is left alone.
 *
 * @returns what was done, one line each
 */
export async function repair(env: Readonly<Record<string, string>>): Promise<string[]> {
  const done = staleLocks().map((lock) => {
    rmSync(lock);
    return `removed the lock of a deployment that no longer runs (${lock})`;
  });
  if (pendingOperations() > 0) {
    await mustRun(
      "repair",
      "pulumi",
      ["refresh", "--stack", DEV, "--yes", "--non-interactive", "--clear-pending-creates", "--run-program=false"],
      { env },
    );
    done.push("brought the state up to date with the engine and cleared unfinished creates");
  }
  return done;
}

/** Repairs only where something was interrupted, which costs nothing else to find out. */
export async function repairIfInterrupted(env: Readonly<Record<string, string>>): Promise<void> {
  for (const line of await repair(env)) process.stderr.write(`✓ repair: ${line}\n`);
}

function staleLocks(): string[] {
  const folder = join(backendFolder(), ".pulumi", "locks", "organization", PROJECT, DEV);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => isStale(JSON.parse(readFileSync(path, "utf8"))));
}

/** A lock of another machine may be alive; one of this machine is when its process is. */
export function isStale({ pid, hostname: host }: Lock): boolean {
  return host === hostname() && pid !== undefined && !lives(pid);
}

function pendingOperations(): number {
  const path = join(backendFolder(), ".pulumi", "stacks", PROJECT, `${DEV}.json`);
  if (!existsSync(path)) return 0;
  const state: { checkpoint?: { latest?: { pending_operations?: unknown[] } | null } } = JSON.parse(readFileSync(path, "utf8"));
  return state.checkpoint?.latest?.pending_operations?.length ?? 0;
}
