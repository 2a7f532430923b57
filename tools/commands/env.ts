import { checkpointOf, existingStacks } from "../setup/backend.ts";
import { exportLines } from "../setup/environment.ts";
import { setUp } from "../setup/index.ts";
import { ensureStack } from "../setup/settings.ts";
import type { Stack } from "../setup/stack.ts";
import type { Part } from "../setup/toolchain.ts";
import { partsOf } from "./pulumi.ts";

/**
 * Prints the variables under which plain `pulumi` works, for `eval`. The Kubernetes provider, which takes minutes to build,
 * is made only where the stack runs on Kubernetes, or another one of this user does.
 */
export async function printEnvironment(stack: Stack): Promise<number> {
  const env = await setUp(partsForShell(stack));
  await ensureStack(stack, env);
  process.stdout.write(`${exportLines(env)}\n`);
  return 0;
}

/** What the set-up has to make for a shell in which any stack may be deployed. */
export function partsForShell(stack: Stack): readonly Part[] {
  return existingStacks().some(isOnKubernetes) ? ["core", "kubernetes"] : partsOf(stack);
}

/** By what is deployed: a stack's settings may be in a folder that the state does not know. */
function isOnKubernetes(stack: Pick<Stack, "project" | "name">): boolean {
  const { resources = [] } = checkpointOf(stack) ?? {};
  return resources.some(({ type }) => type === "pulumi:providers:kubernetes" || type.startsWith("kubernetes:"));
}
