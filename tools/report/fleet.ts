import { Problem } from "../lib/problem.ts";
import type { Stack } from "../setup/stack.ts";
import { reportOf } from "./making.ts";
import type { Seen } from "./preview.ts";
import type { Report } from "./schema.ts";

/** The report of one stack, or why there is none. */
export type Result = { readonly stack: Stack; readonly report: Report } | { readonly stack: Stack; readonly message: string };

/** Previews that run at once: each has an engine, a program and providers of its own. */
const AT_ONCE = 3;

/**
 * Reports of several stacks, some at a time; one that fails hides no other.
 *
 * @param finish what is done with each report, e.g. sealing it
 */
export async function fleetOf(
  stacks: readonly Stack[],
  see: (stack: Stack) => Promise<Seen>,
  source: Report["source"],
  finish: (stack: Stack, seen: Seen, report: Report) => Promise<Report> = async (_stack, _seen, report) => report,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = stacks.map((stack, index) => ({ stack, index }));
  // The mocked engine of a rendering is one of the whole process: renderings wait for each other, previews do not.
  let rendering: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = rendering.then(work);
    rendering = mine.catch(() => {});
    return mine;
  };
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { stack, index } = next;
      try {
        const seen = source === "offline" ? await alone(() => see(stack)) : await see(stack);
        const report = await alone(() => reportOf(stack, seen, source));
        results[index] = { stack, report: await finish(stack, seen, report) };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        results[index] = { stack, message: error.message };
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
