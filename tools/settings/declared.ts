import type { Platform } from "../../components/workload/index.ts";
import { type Look, mlStack } from "../../infra/ml-stack.ts";
import { unaskedModels } from "../../infra/models.ts";
import { declareOn } from "../../infra/program.ts";
import { withSecretOutputs } from "../../infra/read.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";

/**
 * Declares a stack's system as its own program does, and asks no registry of models; call it inside `recorded`.
 *
 * @param given the settings, with placeholders for secrets · @param platformFor where it is declared; nowhere where that is undefined
 * @param look gets what monitoring reads of its parts
 * @returns whether it was declared
 */
export async function declareStack(
  given: StackSettings,
  platformFor: (platform: StackSettings["platform"]) => Promise<Platform | undefined>,
  look?: Look,
): Promise<boolean> {
  const settings = withSecretOutputs(stackSettings, given);
  const platform = await platformFor(settings.platform);
  if (platform === undefined) return false;
  await declareOn(platform, settings, (system) => mlStack(system, settings, unaskedModels(settings), look));
  return true;
}
