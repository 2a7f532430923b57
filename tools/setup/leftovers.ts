import { recordedStack } from "./recorded.ts";
import type { Stack } from "./stack.ts";

/**
 * Removes from the engine or cluster what an interrupted deployment has made and could not record: a provider that was killed, or
 * an engine that ended in the middle, leaves nothing in the state that says so.
 *
 * @returns what was removed, as messages name it · @throws where the engine or cluster does not answer
 */
export async function leftoversOf(stack: Stack): Promise<string[]> {
  const recorded = recordedStack(stack);
  return recorded === undefined ? [] : (await import("../../infra/platform.ts")).removeLeftovers(recorded);
}
