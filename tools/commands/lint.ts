import { createHash } from "node:crypto";
import { join } from "node:path";

import { cacheFolder, ROOT } from "../lib/folders.ts";
import { onTerminal } from "../lib/terminal.ts";

type Environment = Readonly<Record<string, string>>;

/** Types and style. */
export async function lint(env: Environment): Promise<number> {
  const types = await onTerminal("tsc", ["--project", ROOT, "--incremental", "--tsBuildInfoFile", known()], env);
  const style = await onTerminal("biome", ["check", "--error-on-warnings", "."], env);
  return types === 0 ? style : types;
}

/** What the compiler knows from its last run on this checkout: it checks only what has changed since, in a third of the time. */
function known(): string {
  return join(cacheFolder(), "types", `${createHash("sha256").update(ROOT).digest("hex").slice(0, 12)}.tsbuildinfo`);
}

/** Rewrites the files in the project's style. */
export function format(env: Environment): Promise<number> {
  return onTerminal("biome", ["check", "--write", "."], env);
}
