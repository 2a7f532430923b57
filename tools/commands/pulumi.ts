import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { ROOT } from "../lib/folders.ts";
import { run } from "../lib/run.ts";
import { onTerminal } from "../lib/terminal.ts";
import { checkpointOf, passphraseFile } from "../setup/backend.ts";
import { trackedSettings } from "../setup/layers.ts";
import { refuseLocked } from "../setup/locks.ts";
import { settingsFile } from "../setup/secrets.ts";
import { ensureStack } from "../setup/settings.ts";
import { projectIn, type Stack, trackedFile } from "../setup/stack.ts";
import type { Part } from "../setup/toolchain.ts";
import { configFileOf, folderOf, locks, readsSettings, stackOf, withSettings, wordsIn } from "./arguments.ts";

type Environment = Readonly<Record<string, string>>;

/** A flag of this project: deploys the model versions that are served already, without asking the registry of models. */
const OFFLINE = "--offline";

/** Runs Pulumi on this terminal with the machine's settings file of the stack; returns its exit code. */
export async function pulumi(given: readonly string[], env: Environment): Promise<number> {
  const args = given.filter((arg) => arg !== OFFLINE);
  const offline = args.length < given.length ? { MLSTACK_OFFLINE: "1" } : {};
  // The SDK sends the engine no messages that only this flag shows: infra/lean-sdk.ts.
  const debug = args.includes("--debug") || args.includes("-d") ? { MLSTACK_DEBUG: "1" } : {};
  const all = { ...env, ...offline, ...debug };
  const [command, part, created] = wordsIn(args);
  const inits = command === "stack" && part === "init";
  const stack = stackIn(args, inits ? (stackOf(args) ?? created) : await chosen(args, env));
  // A stack of the project's own settings gets a salt of this machine; Pulumi alone would write one into them.
  if (stack !== undefined && inits && existsSync(trackedFile(stack)) && checkpointOf(stack) === undefined) {
    await ensureStack(stack, env);
    return 0;
  }
  if (stack === undefined || !(command === "config" || readsSettings(args))) return onTerminal("pulumi", args, all, inputFor(args));
  if (locks(args)) refuseLocked(stack);
  if (existsSync(trackedFile(stack))) await ensureStack(stack, env);
  const own = configFileOf(args);
  const file = own === undefined ? await settingsFile(stack, env) : resolve(stack.folder, own);
  const named = stackOf(args) === undefined ? [...args, "--stack", stack.name] : args;
  return onTerminal(
    "pulumi",
    withSettings(named, () => file),
    // The program looks there for secrets that were written openly, and for the lines that messages name.
    { ...all, MLSTACK_STACK_FILE: file, MLSTACK_STACK_SOURCE: own === undefined ? trackedFile(stack) : file },
  );
}

/** Runs a command of Pulumi on a stack, on this terminal; returns its exit code. */
export function pulumiOn(stack: Stack, args: readonly string[], env: Environment): Promise<number> {
  return pulumi([...args, "--stack", stack.name, "--cwd", stack.folder], env);
}

/** What the set-up has to make for a command: the Kubernetes provider only for a stack that runs there. */
export function partsFor(args: readonly string[]): readonly Part[] {
  const stack = stackIn(args, stackOf(args));
  return stack === undefined ? ["core"] : partsOf(stack);
}

/** The same for a stack. */
export function partsOf(stack: Stack): readonly Part[] {
  const { platform } = trackedSettings(stack);
  const onKubernetes = typeof platform === "object" && platform !== null && "kind" in platform && platform.kind === "kubernetes";
  return onKubernetes ? ["core", "kubernetes"] : ["core"];
}

/** The stack that is chosen in a folder (`pulumi stack select`), where a command reads settings and names none. */
async function chosen(args: readonly string[], env: Environment): Promise<string | undefined> {
  const name = stackOf(args);
  if (name !== undefined || !readsSettings(args)) return name;
  const cwd = resolve(ROOT, folderOf(args) ?? ".");
  const { code, output } = await run("pulumi", ["stack", "--show-name", "--non-interactive"], { cwd, env });
  return code === 0 ? output.trim() : undefined;
}

/** A stack by its name, which may have the project's before it (`organization/mlstack/dev`). */
function stackIn(args: readonly string[], name: string | undefined): Stack | undefined {
  const folder = resolve(ROOT, folderOf(args) ?? ".");
  const last = name?.split("/").at(-1);
  if (last === undefined || last === "" || !existsSync(join(folder, "Pulumi.yaml"))) return undefined;
  return { folder, project: projectIn(folder), name: last };
}

/** Pulumi asks for the passphrase of a rotated stack itself, twice, and takes the end of its input for an empty one. */
function inputFor(args: readonly string[]): { input?: string } {
  const [, part, provider] = wordsIn(args);
  if (part !== "change-secrets-provider" || provider !== "passphrase") return {};
  const passphrase = readFileSync(passphraseFile(), "utf8").trim();
  return { input: `${passphrase}\n${passphrase}\n` };
}
