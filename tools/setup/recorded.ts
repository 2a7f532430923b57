import type { RecordedStack } from "../../infra/platform.ts";
import { checkpointOf } from "./backend.ts";
import { trackedSettings } from "./layers.ts";
import type { Stack } from "./stack.ts";

/** In the URN of the resource that keeps a state's id: the platform that it is of. */
const OWNER = /\$?mlstack:(docker|kubernetes):Platform\$pulumi:index:Stash::owner$/;

/** What the state on this machine says of a stack; undefined where nothing of it is deployed. */
export function recordedStack(stack: Stack): RecordedStack | undefined {
  const { resources = [] } = checkpointOf(stack) ?? {};
  for (const { urn, outputs } of resources) {
    const target = OWNER.exec(urn)?.[1];
    const owner = outputs?.["output"];
    if ((target === "docker" || target === "kubernetes") && typeof owner === "string")
      return { target, stack: `${stack.project}.${stack.name}`, owner, context: contextOf(stack), resources };
  }
  return undefined;
}

function contextOf(stack: Stack): string | undefined {
  const { context }: { context?: unknown } = Object(trackedSettings(stack)["platform"]);
  return typeof context === "string" ? context : undefined;
}
