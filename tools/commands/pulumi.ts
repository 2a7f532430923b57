import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

import { ROOT } from "../setup/folders.ts";
import { settingsFile, stack } from "../setup/state.ts";
import type { Part } from "../setup/toolchain-build.ts";

/** Commands of Pulumi that read the stack's settings. `config` is not among them: it writes, and the tracked file is what it must write to. */
const READ_SETTINGS = new Set(["up", "update", "preview", "pre", "destroy", "refresh", "import", "watch"]);

/** Ours, not Pulumi's: the registry of models is not asked, and what was served is served. */
const OFFLINE = "--offline";

/** Runs Pulumi on this terminal with the machine's settings file of the stack; returns its exit code. */
export async function pulumi(given: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const args = given.filter((arg) => arg !== OFFLINE);
  const name = stackOf(args);
  if (name !== undefined && (args[0] === "config" || READ_SETTINGS.has(args[0] ?? "")) && isTracked(name)) await stack(name, env);
  const offline = args.length < given.length ? { MLSTACK_OFFLINE: "1" } : {};
  return onTerminal("pulumi", withSettings(args, settingsFile), { ...env, ...offline });
}

/** What the set-up has to make for a command: the Kubernetes provider only for a stack that runs there. */
export function partsFor(args: readonly string[]): readonly Part[] {
  const name = stackOf(args);
  if (name === undefined || !isTracked(name)) return ["core"];
  const file: { config?: { "mlstack:platform"?: { kind?: unknown } } } | null = parse(readFileSync(tracked(name), "utf8"));
  const onKubernetes = file?.config?.["mlstack:platform"]?.kind === "kubernetes";
  return onKubernetes ? ["core", "kubernetes"] : ["core"];
}

function tracked(name: string): string {
  return join(ROOT, `Pulumi.${name}.yaml`);
}

function isTracked(name: string): boolean {
  return existsSync(tracked(name));
}

/** Adds `--config-file` where a command reads the settings of a stack that it names. */
export function withSettings(args: readonly string[], fileOf: (stack: string) => string): string[] {
  const name = stackOf(args);
  const reads = READ_SETTINGS.has(args[0] ?? "");
  const given = args.some((arg) => arg.startsWith("--config-file"));
  return !reads || given || name === undefined ? [...args] : [...args, "--config-file", fileOf(name)];
}

/** The stack that `--stack NAME`, `--stack=NAME` or `-s NAME` names. */
export function stackOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => arg === "-s" || arg === "--stack");
  return at >= 0 ? args[at + 1] : args.find((arg) => arg.startsWith("--stack="))?.slice("--stack=".length);
}

/** Runs a program on this terminal, in the project's folder; returns its exit code. */
export function onTerminal(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...env } });
    // The terminal sends an interrupt to the program too, which then ends in good order: this process waits for it.
    const wait = () => {};
    process.on("SIGINT", wait);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.off("SIGINT", wait);
      resolve(signal === null ? (code ?? 1) : 130);
    });
  });
}
