import { DEV } from "../setup/index.ts";
import { pulumi } from "./pulumi.ts";
import { repairIfInterrupted } from "./repair.ts";

/** Takes the dev stack down. Data marked `keep` stay, and so do images, which other stacks may use. */
export async function stop(env: Readonly<Record<string, string>>): Promise<number> {
  await repairIfInterrupted(env);
  const code = await pulumi(["destroy", "--stack", DEV, "--yes", "--skip-preview"], env);
  if (code === 0) process.stdout.write("\nThe dev stack is gone. Kept: images (`docker image ls 'mlstack/*'`) and volumes marked keep.\n");
  return code;
}
