import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's own folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

/** For what can be made again at any time: programs, package caches. `$MLSTACK_CACHE`, else the user's cache folder. */
export function cacheFolder(env: Environment = process.env): string {
  return env["MLSTACK_CACHE"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "mlstack");
}

/** For what must not be lost: the stacks' state, the passphrase, an engine's process. `$MLSTACK_STATE`, else the user's state folder. */
export function stateFolder(env: Environment = process.env): string {
  return env["MLSTACK_STATE"] ?? join(env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "mlstack");
}

/** Creates `path` with all folders above it, where it is missing, and returns it. */
export function ensureFolder(path: string, mode?: number): string {
  mkdirSync(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  return path;
}

/** A lock that all commands of this user respect, e.g. while one of them builds what the others need too. */
export function lockFile(name: string): string {
  return join(cacheFolder(), "locks", name.replaceAll(/[^a-z0-9.]+/gi, "-"));
}
