import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";

import { keysOf } from "../../infra/layers/path.ts";
import { ensureFolder, ROOT, stateFolder } from "../lib/folders.ts";
import { mustRun } from "../lib/run.ts";
import { alone, step } from "../lib/step.ts";
import { checkpointOf } from "./backend.ts";
import { refuseUnreadable } from "./layers.ts";
import { type Stack, trackedFile } from "./stack.ts";

export { keysOf };

type Environment = Readonly<Record<string, string>>;

/** This machine's file of a stack, e.g. its settings. */
export function machineFile({ project, name }: Stack, kind: "settings" | "salt" | "secrets"): string {
  const folder = ensureFolder(join(stateFolder(), "stacks", project), 0o700);
  return join(folder, kind === "settings" ? `Pulumi.${name}.yaml` : kind === "salt" ? `${name}.salt` : `${name}.secrets.yaml`);
}

/** Creates a stack and its salt where they are missing. The salt belongs to this machine's passphrase; the project's files stay as they are. */
export async function ensureStack(stack: Stack, env: Environment): Promise<void> {
  const ready = () => checkpointOf(stack) !== undefined && saltOf(stack) !== undefined;
  if (ready()) return;
  await step(`stack ${stack.name} of ${stack.project}`, async (report) => {
    await alone(`stack-${stack.project}-${stack.name}`, report, async () => {
      if (!ready()) await create(stack, env);
    });
    return { summary: "created", value: undefined };
  });
}

/** Writes and returns this machine's settings file of a stack: those of the project, generated secrets, the salt. @throws Problem where the project's is no YAML */
export function writeSettings(stack: Stack, secrets: Readonly<Record<string, unknown>> = {}): string {
  refuseUnreadable(stack);
  const tracked = trackedFile(stack);
  const path = machineFile(stack, "settings");
  const text = existsSync(tracked) ? readFileSync(tracked, "utf8") : "";
  writeFileSync(path, withSalt(withSecrets(text, secrets), saltOf(stack)), { mode: 0o600 });
  return path;
}

/** A stack's settings with the salt; one that the settings bring themselves stays. */
export function withSalt(settings: string, salt: string | undefined): string {
  const document = parseDocument(settings);
  if (salt !== undefined && !document.has("encryptionsalt")) document.set("encryptionsalt", salt);
  return String(document);
}

/** Settings with values at further paths, e.g. `mlstack:tracking.admin.password`; what they say themselves stays. */
export function withSecrets(settings: string, secrets: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(secrets);
  if (entries.length === 0) return settings;
  const document = parseDocument(settings);
  for (const [path, value] of entries) {
    const keys = ["config", ...keysOf(path)];
    if (document.hasIn(keys)) continue;
    for (let depth = 1; depth < keys.length; depth++) {
      const above = keys.slice(0, depth);
      // `tracking:` with nothing behind it.
      if (document.hasIn(above) && document.getIn(above) === null) document.deleteIn(above);
    }
    document.setIn(keys, document.createNode(value));
  }
  return String(document);
}

/** The salt with which a stack's settings are encrypted: their own, or this machine's. */
export function saltOf(stack: Stack): string | undefined {
  const own = ownSalt(trackedFile(stack));
  if (own !== undefined) return own;
  const path = machineFile(stack, "salt");
  const former = join(stateFolder(), "stacks", `${stack.name}.salt`);
  // Where it was as long as only this project had stacks; an older checkout still finds it there.
  if (!existsSync(path) && stack.folder === resolve(ROOT) && existsSync(former)) copyFileSync(former, path);
  if (existsSync(path)) return readFileSync(path, "utf8");
  const { type, state } = checkpointOf(stack)?.secrets_providers ?? {};
  return type === "passphrase" ? state?.salt : undefined;
}

/** The salt that a settings file brings itself. */
export function ownSalt(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const salt: unknown = parseDocument(readFileSync(file, "utf8")).get("encryptionsalt");
  return typeof salt === "string" ? salt : undefined;
}

/**
 * Pulumi writes the salt beside the project's file: it works on a copy in a folder of its own. A stack that exists without a
 * salt has no secrets yet: its salt comes from a stack of the same name in a state that is thrown away, since a change of
 * the salt by Pulumi asks for a passphrase on the terminal and takes the end of input for an empty one.
 */
async function create(stack: Stack, env: Environment): Promise<void> {
  const { folder, name } = stack;
  const scratch = mkdtempSync(join(tmpdir(), "mlstack-stack-"));
  try {
    copyFileSync(join(folder, "Pulumi.yaml"), join(scratch, "Pulumi.yaml"));
    const settings = join(scratch, `Pulumi.${name}.yaml`);
    const salt = saltOf(stack);
    if (salt !== undefined) writeFileSync(settings, withSalt("", salt));
    const elsewhere = checkpointOf(stack) === undefined ? {} : { PULUMI_BACKEND_URL: `file://${scratch}` };
    const args = ["stack", "init", name, "--cwd", scratch, "--non-interactive", "--no-select"];
    await mustRun(`stack ${name}`, "pulumi", args, { env: { ...env, ...elsewhere } });
    if (salt === undefined) writeFileSync(machineFile(stack, "salt"), ownSalt(settings) ?? "", { mode: 0o600 });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
