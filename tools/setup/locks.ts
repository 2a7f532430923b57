import { Problem } from "../lib/problem.ts";
import { isStale, type Lock, locksOf } from "./backend.ts";
import { optionsOf, type Stack, wordsOf } from "./stack.ts";

/** Who holds a lock, and what to do about it. */
export function holderOf(stack: Stack, lock: Lock): string {
  const end = `if it is not there any more: npm run pulumi -- cancel --yes ${optionsOf(stack)}`;
  return `stack ${stack.name} of ${stack.project} is being deployed (${whoOf(lock)}); wait until it has ended, or, ${end}`;
}

/**
 * Before a command of Pulumi that would find the stack locked: its own message names a file, and no next command.
 *
 * @throws Problem that says who holds the lock, since when, and how to go on
 */
export function refuseLocked(stack: Stack): void {
  const locks = locksOf(stack);
  if (locks.length === 0) return;
  const words = wordsOf(stack);
  throw new Problem(
    locks
      .map(({ lock }) =>
        isStale(lock)
          ? `stack ${stack.name} of ${stack.project}: its last deployment no longer runs and did not end well (${whoOf(lock)}); npm run repair${words === "" ? "" : ` -- ${words}`}, then this command again`
          : holderOf(stack, lock),
      )
      .join("\n"),
  );
}

function whoOf({ pid, username, hostname, timestamp }: Lock): string {
  const who = `process ${pid ?? "?"}${username ? ` of ${username}` : ""}${hostname ? ` on ${hostname}` : ""}`;
  return timestamp ? `${who}, since ${timestamp}` : who;
}
