import { execFileSync } from "node:child_process";
import { canonical, sha256 } from "../../infra/canonical.ts";
import type { Resolved } from "../../infra/layers/resolve.ts";
import { checkpointOf } from "../setup/backend.ts";
import type { Stack } from "../setup/stack.ts";
import type { Compared } from "./schema.ts";

/** What a report is made from. A deployment compares it again: of another it is not what the report shows. */
export function comparedWith(stack: Stack, resolved: Resolved, known: Pick<Compared, "models" | "images">): Compared {
  return { ...commitOf(stack.folder), settings: settingsDigest(resolved), state: stateDigest(stack), ...known };
}

/** SHA-256 of the settings that all layers of a stack say together, encrypted values as they are written. */
export function settingsDigest({ values }: Resolved): string {
  return sha256(canonical(values));
}

/** SHA-256 of a stack's last state; null where it has none. */
export function stateDigest(stack: Stack): string | null {
  const state = checkpointOf(stack);
  return state?.resources === undefined ? null : sha256(JSON.stringify(state.resources));
}

/** Outside a repository there is no commit. */
function commitOf(folder: string): Pick<Compared, "commit" | "dirty"> {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, ...args], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  try {
    return { commit: git("rev-parse", "HEAD"), dirty: git("status", "--porcelain", "--untracked-files=no") !== "" };
  } catch {
    return { commit: null, dirty: false };
  }
}
