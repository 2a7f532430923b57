import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds between two looks. */
const BETWEEN = 50;

/** Waits for what the engine is about to have done, for at most so many milliseconds: whoever needs it finds out then. */
export async function forAMoment(limit: number, isDone: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + limit; !(await isDone()) && Date.now() < end; ) await pause(BETWEEN);
}
