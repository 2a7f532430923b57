import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { onTerminal } from "../lib/terminal.ts";
import { checkpointFile } from "../setup/backend.ts";
import { machineFile } from "../setup/settings.ts";
import { type Stack, trackedFile } from "../setup/stack.ts";
import { sha256 } from "./canonical.ts";

type Environment = Readonly<Record<string, string>>;

/** What a deployment is bound to: files of a moment, which nothing that moves later changes. */
export interface Bound {
  readonly stack: Stack;
  /** The settings with their encrypted secrets. */
  readonly settings: string;
  /** What the engine planned in the preview that was compared. */
  readonly plan: string;
  /** SHA-256 of the state's file. */
  readonly state: string;
}

/** Keeps what a preview was made from, beside its plan. @param folder of this command alone */
export function boundTo(stack: Stack, folder: string): Bound {
  const settings = join(folder, `Pulumi.${stack.name}.yaml`);
  copyFileSync(machineFile(stack, "settings"), settings);
  return { stack, settings, plan: planFile(stack, folder), state: stateNow(stack) };
}

/** Where the engine saves the plan of a stack. */
export function planFile(stack: Stack, folder: string): string {
  return join(folder, `${stack.name}.plan.json`);
}

/**
 * Deploys what was planned, and nothing else: the engine does no step that its plan has not, and the program refuses another state
 * under the stack's lock. Returns Pulumi's exit code.
 */
export function deploy({ stack, settings, plan, state }: Bound, env: Environment): Promise<number> {
  const words = ["up", "--yes", "--skip-preview", "--plan", plan, "--suppress-outputs", "--config-file", settings];
  return onTerminal("pulumi", [...words, "--stack", stack.name, "--cwd", stack.folder], {
    ...env,
    MLSTACK_STACK_FILE: settings,
    MLSTACK_STACK_SOURCE: trackedFile(stack),
    MLSTACK_APPROVED_STATE: state,
    MLSTACK_STATE_FILE: checkpointFile(stack),
  });
}

function stateNow(stack: Stack): string {
  return sha256(readFileSync(checkpointFile(stack), "utf8"));
}
