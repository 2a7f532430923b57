import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { cacheFolder, ensureFolder } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { mustRun, run } from "../lib/run.ts";
import type { Report } from "../lib/step.ts";

/**
 * The program of Debian's package of the same name: the one on `PATH`, else one that is downloaded into the cache. The package
 * is unpacked and not installed: that needs no root, and starts no service of the system.
 *
 * @param remedy what to do where there are no Debian packages
 */
export async function debianProgram(name: string, remedy: string, report: Report): Promise<string> {
  if ((await run("which", [name])).code === 0) return name;
  const folder = join(cacheFolder(), "debian", name);
  const path = join(folder, "usr", "bin", name);
  if (existsSync(path)) return path;
  if (!existsSync("/etc/debian_version")) throw new Problem(remedy);
  report(`downloading Debian's ${name}`);
  const scratch = mkdtempSync(join(ensureFolder(join(folder, "..")), `${name}-`));
  try {
    const download = () => run("apt-get", ["download", "-qq", name], { cwd: scratch });
    // A fresh machine has no list of packages; only root may fetch it.
    if ((await download()).code !== 0) await run("apt-get", ["update", "-qq"]);
    if (packageIn(scratch) === undefined) await mustRun(name, "apt-get", ["download", "-qq", name], { cwd: scratch });
    await mustRun(name, "dpkg-deb", ["--extract", packageIn(scratch) ?? "", "unpacked"], { cwd: scratch });
    try {
      renameSync(join(scratch, "unpacked"), folder);
    } catch (error) {
      // Another command was quicker; what it has unpacked is the same.
      if (!existsSync(path)) throw error;
    }
    return path;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function packageIn(folder: string): string | undefined {
  return readdirSync(folder).find((name) => name.endsWith(".deb"));
}
