import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's own folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

/** What can be made again at any time: programs, package caches. `$MLSTACK_CACHE`, else the user's cache folder. */
export function cacheFolder(env: Environment = process.env): string {
  return env["MLSTACK_CACHE"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "mlstack");
}

/** What must not be lost: the stacks' state, the passphrase, an engine's process. `$MLSTACK_STATE`, else the user's state folder. */
export function stateFolder(env: Environment = process.env): string {
  return env["MLSTACK_STATE"] ?? join(env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "mlstack");
}

/** Makes `path` with all folders above it and returns it. */
export function made(path: string, mode?: number): string {
  mkdirSync(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  return path;
}
