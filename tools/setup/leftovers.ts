import { checkpointOf } from "./backend.ts";
import { trackedSettings } from "./layers.ts";
import type { Stack } from "./stack.ts";

/** In the URN of the resource that keeps a state's id: the platform that it is of. */
const OWNER = /\$?mlstack:(docker|kubernetes):Platform\$pulumi:index:Stash::owner$/;

/**
 * Removes from the engine or cluster what an interrupted deployment has made and could not record: a provider that was killed, or
 * an engine that ended in the middle, leaves nothing in the state that says so.
 *
 * @returns what was removed, as messages name it · @throws where the engine or cluster does not answer
 */
export async function leftoversOf(stack: Stack): Promise<string[]> {
  const { resources = [] } = checkpointOf(stack) ?? {};
  for (const { urn, outputs } of resources) {
    const target = OWNER.exec(urn)?.[1];
    const owner = outputs?.["output"];
    if ((target !== "docker" && target !== "kubernetes") || typeof owner !== "string") continue;
    const { removeLeftovers } = await import("../../infra/platform.ts");
    return removeLeftovers({ target, stack: `${stack.project}.${stack.name}`, owner, context: contextOf(stack), resources });
  }
  return [];
}

function contextOf(stack: Stack): string | undefined {
  const { context }: { context?: unknown } = Object(trackedSettings(stack)["platform"]);
  return typeof context === "string" ? context : undefined;
}
