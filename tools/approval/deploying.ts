import { copyFileSync } from "node:fs";
import { join } from "node:path";

import { CHANCE } from "../../components/workload/chance.ts";
import { type ApprovedWorld, settingsVersion, stateVersion } from "../../infra/approved.ts";
import { onTerminal } from "../lib/terminal.ts";
import { modelsOf, versionsIn } from "../report/making.ts";
import type { Seen } from "../report/preview.ts";
import { checkpointFile } from "../setup/backend.ts";
import { machineFile } from "../setup/settings.ts";
import { type Stack, trackedFile } from "../setup/stack.ts";
import { loosenPlan } from "./plan.ts";

type Environment = Readonly<Record<string, string>>;

/** What a deployment is bound to: files of a moment, which nothing that moves later changes. */
export interface Bound {
  readonly stack: Stack;
  /** The settings with their encrypted secrets. */
  readonly settings: string;
  /** What the engine planned in the preview that was compared. */
  readonly plan: string;
  readonly world: ApprovedWorld;
  /** What chance depended on in that preview. */
  readonly chance: string;
}

/** Keeps what a preview was made from, beside its plan. @param folder of this command alone */
export function boundTo(stack: Stack, seen: Seen, folder: string): Bound {
  const settings = join(folder, `Pulumi.${stack.name}.yaml`);
  copyFileSync(machineFile(stack, "settings"), settings);
  const plan = planFile(stack, folder);
  loosenPlan(plan);
  const file = checkpointFile(stack);
  const world = {
    file,
    state: stateVersion(file),
    settings: settingsVersion(seen.given),
    models: versionsIn(modelsOf(seen.outputs.after)),
  };
  return { stack, settings, plan, world, chance: seen.chance ?? "" };
}

/** Where the engine saves the plan of a stack. */
export function planFile(stack: Stack, folder: string): string {
  return join(folder, `${stack.name}.plan.json`);
}

/**
 * Deploys what was planned, and nothing else: the engine does no step that its plan has not, and the program refuses another state,
 * other settings and other versions of models under the stack's lock. Returns Pulumi's exit code.
 */
export function deploy({ stack, settings, plan, world, chance }: Bound, env: Environment): Promise<number> {
  const words = ["up", "--yes", "--skip-preview", "--plan", plan, "--suppress-outputs", "--config-file", settings];
  return onTerminal("pulumi", [...words, "--stack", stack.name, "--cwd", stack.folder], {
    ...env,
    MLSTACK_STACK_FILE: settings,
    MLSTACK_STACK_SOURCE: trackedFile(stack),
    MLSTACK_APPROVED: JSON.stringify(world),
    [CHANCE]: chance,
  });
}
