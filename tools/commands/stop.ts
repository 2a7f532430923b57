import { type Checkpoint, checkpointOf } from "../setup/backend.ts";
import { setUp } from "../setup/index.ts";
import { ensureStack } from "../setup/settings.ts";
import { type Stack, whereOf, wordsOf } from "../setup/stack.ts";
import { busyNetworks } from "./busy-networks.ts";
import { partsOf, pulumiOn } from "./pulumi.ts";
import { repairIfInterrupted } from "./repair.ts";

/** Takes a stack down, and says before what that is. Data marked `keep` stay, and so do images, which other stacks may use. */
export async function stop(stack: Stack): Promise<number> {
  const { resources = [], pending_operations: pending = [] } = checkpointOf(stack) ?? {};
  const title = `stack ${stack.name} of ${stack.project} (${whereOf(stack)})`;
  if (resources.length + pending.length === 0) {
    process.stdout.write(
      `Nothing to stop: ${title} is not up; npm start${wordsOf(stack) === "" ? "" : ` -- ${wordsOf(stack)}`} brings it up.\n`,
    );
    return 0;
  }
  const env = await setUp(partsOf(stack));
  process.stdout.write(`Taking down ${title}: ${contentsOf(resources)}.\n`);
  await ensureStack(stack, env);
  await repairIfInterrupted(stack, env);
  const code = await pulumiOn(stack, ["destroy", "--yes", "--skip-preview"], env);
  if (code !== 0) for (const reason of await busyNetworks(stack)) process.stderr.write(`${reason}\n`);
  if (code === 0) process.stdout.write(`\n${title} is down. Kept: images (docker image ls 'mlstack/*') and volumes marked keep.\n`);
  return code;
}

/** Of what a stack consists on the engine or cluster, by kind, e.g. `8 × Container, 2 × Volume`. */
export function contentsOf(resources: NonNullable<Checkpoint["resources"]>): string {
  const kinds = new Map<string, number>();
  for (const { type, external = false } of resources) {
    const [provider = "", , kind = ""] = type.split(":");
    if (external || !["docker", "kubernetes"].includes(provider)) continue;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const parts = [...kinds].sort().map(([kind, amount]) => `${amount} × ${kind}`);
  return parts.length === 0 ? "nothing on an engine or a cluster" : parts.join(", ");
}
