import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { sha256 } from "../../infra/canonical.ts";

/** Files that a program may load though nobody has added them to the repository. */
const LOADED = ["*.ts", "*.mjs", "*.js"];

/**
 * SHA-256 of what a working tree has beyond its commit: changes of its files, and files of programs that are not in it yet. Null
 * outside a repository. Settings are compared as such, and files that images are built from by the images' own tags.
 */
export function workingTree(folder: string): string | null {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, ...args], { stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 30 });
  try {
    const root = git("rev-parse", "--show-toplevel").toString().trim();
    const changes = git("diff", "HEAD", "--binary", "--no-ext-diff", "--no-textconv").toString("base64");
    const others = git("-C", root, "ls-files", "--others", "--exclude-standard", "-z", "--", ...LOADED).toString();
    const added = others
      .split("\0")
      .flatMap((path) => (path === "" ? [] : [`${path} ${sha256(readFileSync(join(root, path), "base64"))}`]));
    return sha256([changes, ...added].join("\n"));
  } catch {
    return null;
  }
}
