import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

import { mustRun } from "../lib/run.ts";
import { alone, step } from "../lib/step.ts";
import { missingSecrets } from "./missing-secrets.ts";
import { machineFile, saltOf, withSalt, writeSettings } from "./settings.ts";
import type { Stack } from "./stack.ts";

type Environment = Readonly<Record<string, string>>;

/** Paths of the secrets that a stack's settings need and do not say, e.g. `mlstack:tracking.admin.password`. */
export type MissingSecrets = (stack: Stack) => readonly string[];

/** Bytes of a secret; 43 characters of base64url. */
const BYTES = 32;

/**
 * Generates the secrets that a stack needs and has not, each once: they are kept, encrypted by Pulumi, in a file of this
 * machine beside its other settings. Returns the paths of those that are new.
 */
export async function generateSecrets(stack: Stack, env: Environment, missing: MissingSecrets): Promise<readonly string[]> {
  await keepReadable(stack, env);
  const needed = () => missing(stack).filter((path) => !(path in generatedSecrets(stack)));
  if (needed().length === 0) return [];
  return step(`secrets of ${stack.project}`, (report) =>
    alone(`secrets-${stack.project}-${stack.name}`, report, async () => {
      const paths = needed();
      for (const path of paths) await set(stack, env, path, randomBytes(BYTES).toString("base64url"));
      return { summary: `generated ${paths.join(", ")}`, value: paths };
    }),
  );
}

/** Paths of the generated secrets that a stack's settings need now. */
export function neededSecrets(stack: Stack, missing: MissingSecrets): string[] {
  const needed = missing(stack);
  return Object.keys(generatedSecrets(stack)).filter((path) => needed.includes(path));
}

/**
 * This machine's settings file of a stack, with the generated secrets that its settings need now: one of a part that was
 * taken away would bring that part back.
 *
 * @param load the program's rule for which secrets are missing
 */
export async function settingsFile(stack: Stack, env: Environment, load = missingSecrets): Promise<string> {
  if (Object.keys(generatedSecrets(stack)).length === 0) return writeSettings(stack);
  await keepReadable(stack, env);
  const needed = neededSecrets(stack, await load());
  return writeSettings(stack, Object.fromEntries(Object.entries(generatedSecrets(stack)).filter(([path]) => needed.includes(path))));
}

/** All that were ever generated for a stack on this machine, by path. */
export function generatedSecrets(stack: Stack): Record<string, unknown> {
  const file = machineFile(stack, "secrets");
  if (!existsSync(file)) return {};
  const { config }: { config?: Record<string, unknown> | null } = parse(readFileSync(file, "utf8")) ?? {};
  return config ?? {};
}

/** Each path is one key here, so that the file is a list of them. */
async function set(stack: Stack, env: Environment, path: string, value: string): Promise<void> {
  const file = machineFile(stack, "secrets");
  if (!existsSync(file)) writeFileSync(file, withSalt("", saltOf(stack)), { mode: 0o600 });
  await mustRun("secrets", "pulumi", ["config", "set", "--secret", path, ...optionsFor(stack)], { env, input: value });
}

/** Encrypts them again where the settings have another salt by now: `pulumi config set --secret` gives them one of their own. */
async function keepReadable(stack: Stack, env: Environment): Promise<void> {
  const file = machineFile(stack, "secrets");
  if (!existsSync(file)) return;
  const { encryptionsalt }: { encryptionsalt?: unknown } = parse(readFileSync(file, "utf8"));
  if (encryptionsalt === saltOf(stack)) return;
  const shown = await mustRun("secrets", "pulumi", ["config", "--show-secrets", "--json", ...optionsFor(stack)], { env });
  const values: Record<string, { value: string }> = JSON.parse(shown);
  const former = readFileSync(file, "utf8");
  writeFileSync(file, withSalt("", saltOf(stack)), { mode: 0o600 });
  try {
    for (const [path, { value }] of Object.entries(values)) await set(stack, env, path, value);
  } catch (error) {
    writeFileSync(file, former, { mode: 0o600 });
    throw error;
  }
}

function optionsFor(stack: Stack): string[] {
  return ["--config-file", machineFile(stack, "secrets"), "--stack", stack.name, "--cwd", stack.folder, "--non-interactive"];
}
