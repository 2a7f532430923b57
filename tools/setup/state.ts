import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";

import { made, ROOT, stateFolder } from "./folders.ts";
import { mustRun } from "./run.ts";
import { step } from "./step.ts";

/** The project's name in `Pulumi.yaml`. */
export const PROJECT = "mlstack";

/** Where the stacks' state is kept. */
export function backendFolder(): string {
  return made(join(stateFolder(), "backend"));
}

/** The passphrase that encrypts secrets in the state: random, made once for this machine, readable by its user only. */
export function passphraseFile(): string {
  const path = join(made(stateFolder(), 0o700), "passphrase");
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString("base64url"), { mode: 0o600 });
  return path;
}

/**
 * A stack of this project that exists, and its settings file for this machine: the tracked `Pulumi.<stack>.yaml` with
 * the salt that belongs to this machine's passphrase. The tracked file stays as it is.
 */
export function stack(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  return step(`stack ${name}`, async () => {
    const exists = existsSync(join(backendFolder(), ".pulumi", "stacks", PROJECT, `${name}.json`));
    if (!exists || !existsSync(saltFile(name))) await init(name, exists, env);
    return { said: exists ? "exists" : "created", value: undefined };
  });
}

/** Writes and returns this machine's settings file of a stack. */
export function settingsFile(name: string): string {
  const tracked = join(ROOT, `Pulumi.${name}.yaml`);
  const path = join(made(join(stateFolder(), "stacks")), `Pulumi.${name}.yaml`);
  const salt = existsSync(saltFile(name)) ? readFileSync(saltFile(name), "utf8") : undefined;
  writeFileSync(path, withSalt(existsSync(tracked) ? readFileSync(tracked, "utf8") : "", salt), { mode: 0o600 });
  return path;
}

/** A stack's settings with the salt; one that the settings bring themselves stays. */
export function withSalt(settings: string, salt: string | undefined): string {
  const document = parseDocument(settings);
  if (salt !== undefined && !document.has("encryptionsalt")) document.set("encryptionsalt", salt);
  return String(document);
}

function saltFile(name: string): string {
  return join(made(join(stateFolder(), "stacks")), `${name}.salt`);
}

/** Pulumi writes the salt beside the project's file: it is given a copy in a folder of its own. */
async function init(name: string, exists: boolean, env: Readonly<Record<string, string>>): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "mlstack-stack-"));
  try {
    copyFileSync(join(ROOT, "Pulumi.yaml"), join(scratch, "Pulumi.yaml"));
    const command = exists ? ["stack", "change-secrets-provider", "passphrase", "--stack", name] : ["stack", "init", name];
    await mustRun(`stack ${name}`, "pulumi", [...command, "--cwd", scratch, "--non-interactive"], { env });
    const salt: unknown = parseDocument(readFileSync(join(scratch, `Pulumi.${name}.yaml`), "utf8")).get("encryptionsalt");
    writeFileSync(saltFile(name), String(salt), { mode: 0o600 });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
