import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

import { ROOT } from "../tools/lib/folders.ts";
import { mustRun } from "../tools/lib/run.ts";
import { ownSalt, withSalt } from "../tools/setup/settings.ts";
import { type Cost, cost } from "./measure.ts";

export type Environment = Readonly<Record<string, string>>;

/** Name of every stack that is measured. */
export const NAME = "mlstack-bench";
/** How often each thing is measured. */
export const ROUNDS = 7;

/** A stack that is measured. */
export interface Project {
  readonly folder: string;
  /** Runs a command of Pulumi on it. */
  run(...args: string[]): Promise<Cost>;
  /** Gives it other settings, below `mlstack:`. */
  configure(config: object): void;
  /** What it consists of, with its secrets readable. */
  resources(): Promise<readonly Registered[]>;
}

/** A resource as the state has it. */
export interface Registered {
  readonly type: string;
  readonly inputs?: unknown;
}

/**
 * A stack of a program of this project, with settings of its own, outside the checkout.
 *
 * @param config settings below `mlstack:`
 * @param name of the project
 * @param secrets values by their paths in the settings
 */
export async function project(
  home: string,
  folder: string,
  main: string,
  env: Environment,
  config: object,
  { name = "mlstack", secrets = {} }: { name?: string; secrets?: Readonly<Record<string, string>> } = {},
): Promise<Project> {
  const cwd = join(home, folder);
  mkdirSync(cwd);
  for (const part of ["node_modules", "components", "infra", "examples", "workloads", "test", "package.json"])
    symlinkSync(join(ROOT, part), join(cwd, part));
  // The runtime that ships: its options decide how fast the SDK starts.
  const { runtime }: { runtime: object } = parse(readFileSync(join(ROOT, "Pulumi.yaml"), "utf8"));
  writeFileSync(join(cwd, "Pulumi.yaml"), stringify({ name, main, runtime }));
  const configure = (settings: object) => {
    const keys = Object.entries(settings).map(([key, value]) => [`mlstack:${key}`, value]);
    const file = join(cwd, `Pulumi.${NAME}.yaml`);
    // The salt stays, as it does for users: of a new one, each command would derive a second key.
    writeFileSync(file, withSalt(stringify({ config: Object.fromEntries(keys) }), ownSalt(file)));
  };
  configure(config);
  await mustRun("bench", "pulumi", ["stack", "init", NAME, "--non-interactive"], { cwd, env }).catch(() => "it exists");
  for (const [path, input] of Object.entries(secrets))
    await mustRun("bench", "pulumi", ["config", "set", "--secret", "--path", path, "--stack", NAME, "--non-interactive"], {
      cwd,
      env,
      input,
    });
  const run = (...args: string[]) => cost("pulumi", [...args, "--stack", NAME, "--non-interactive"], { cwd, env });
  const resources = async () => {
    const file = join(home, "state.json");
    await mustRun("bench", "pulumi", ["stack", "export", "--show-secrets", "--file", file, "--stack", NAME], { cwd, env });
    const { deployment }: { deployment: { resources: Registered[] } } = JSON.parse(readFileSync(file, "utf8"));
    return deployment.resources;
  };
  return { folder: cwd, run, configure, resources };
}
