import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Problem } from "../lib/problem.ts";

/** Runs `work` on a folder with a project's settings and layers as a commit has them; the folder is removed afterwards. */
export function atCommit<T>(folder: string, commit: string, work: (folder: string) => T): T {
  const scratch = mkdtempSync(join(tmpdir(), "mlstack-commit-"));
  try {
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", folder, ...args], { stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
    const archive = archiveOf(git, commit);
    execFileSync("tar", ["-x", "-C", scratch], { input: archive, stdio: ["pipe", "ignore", "ignore"] });
    return work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The settings' files below the folder, as `git archive` packs them: paths are relative to it. */
function archiveOf(git: (...args: string[]) => Buffer, commit: string): Buffer {
  try {
    git("rev-parse", "--verify", "--quiet", `${commit}^{commit}`);
  } catch {
    throw new Problem(`"${commit}" is no commit of this repository; git log --oneline shows those that there are`);
  }
  const files = git("ls-tree", "-r", "--name-only", commit, ".").toString().split("\n");
  const wanted = files.filter((file) => /^(Pulumi\.(.+\.)?yaml|layers\/[^/]+\.yaml)$/.test(file));
  if (wanted.length === 0) throw new Problem(`commit ${commit} has no settings in this folder`);
  return git("archive", "--format=tar", commit, "--", ...wanted);
}
