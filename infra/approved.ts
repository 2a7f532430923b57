import { readFileSync } from "node:fs";
import { RunError } from "@pulumi/pulumi/errors.js";

import { canonical, sha256 } from "./canonical.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What a deployment was approved for; its command compared it, and gives it to the program as JSON in `MLSTACK_APPROVED`. */
export interface ApprovedWorld {
  /** File of the stack's state. */
  readonly file: string;
  /** Version of that state. */
  readonly state: string;
  /** Fingerprint of the settings that the program reads. */
  readonly settings: string;
  /** Version of each model, by the place that serves it. */
  readonly models: Readonly<Record<string, string>>;
}

/** What is read of a state's file. */
interface StateFile {
  readonly checkpoint?: { readonly latest?: { readonly resources?: readonly { readonly type?: string }[] } | null };
}

/** Registered before a program begins: of a first deployment it is in the state by then. */
const ROOT = "pulumi:pulumi:Stack";

/**
 * Refuses a deployment that was approved for another state, or for other settings. The engine holds the stack's lock while the program
 * runs: what is compared here cannot move any more, as it could before.
 *
 * @param settings without their secrets
 */
export function refuseMoved(settings: object, env: Environment = process.env): void {
  const approved = approvedIn(env);
  if (approved === undefined) return;
  if (stateVersion(approved.file) !== approved.state) throw moved("the stack was deployed by another command");
  if (settingsVersion(settings) !== approved.settings) throw moved("a layer of the settings was changed");
}

/** The same for versions of models, which an alias may have left since. */
export function refuseMovedModels(
  models: Readonly<Record<string, { readonly name: string; readonly version: string } | undefined>>,
  env: Environment = process.env,
): void {
  const approved = approvedIn(env)?.models;
  if (approved === undefined) return;
  const now = Object.entries(models).flatMap(([place, model]) => (model === undefined ? [] : [[place, `${model.name}/${model.version}`]]));
  const other = now.find(([place = "", version]) => approved[place] !== version);
  if (other !== undefined) throw moved(`the model of ${other[0]} became version ${other[1]}`);
}

/** Tells what a state's file has of a stack's resources from what it had before. */
export function stateVersion(file: string): string {
  const { checkpoint }: StateFile = JSON.parse(readFileSync(file, "utf8"));
  return sha256(JSON.stringify((checkpoint?.latest?.resources ?? []).filter(({ type }) => type !== ROOT)));
}

/** Tells settings from others, however they are kept. */
export function settingsVersion(settings: unknown): string {
  return sha256(canonical(JSON.parse(JSON.stringify(settings ?? null))));
}

function approvedIn(env: Environment): ApprovedWorld | undefined {
  const { MLSTACK_APPROVED: text } = env;
  return text === undefined ? undefined : JSON.parse(text);
}

function moved(what: string): RunError {
  return new RunError(`${what} after the approved report was compared.\n  Nothing was changed.`);
}
