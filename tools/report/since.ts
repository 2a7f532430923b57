import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { z } from "zod";

import { ROOT } from "../lib/folders.ts";
import { run } from "../lib/run.ts";
import type { Declarations } from "./declaring.ts";

/** What decides with which providers and which SDK a stack is deployed. */
const LOCK = "package-lock.json";
/** Settings, which are compared by themselves. */
const SETTINGS = /(^|\/)(Pulumi\.([^/]+\.)?yaml|layers\/[^/]+\.yaml)$/;

/**
 * Which stacks of a folder declare anything else than at a commit: the program of both trees is run without an engine. A change of
 * a component, of an adapter or of an image's sources so counts for those that come out otherwise, and for no other; every stack
 * counts where the commit's program cannot be run so, or its dependencies were others.
 */
export async function declaredOtherwise(folder: string, commit: string): Promise<(name: string) => boolean> {
  const root = resolve(ROOT);
  const place = relative(root, folder);
  // A project elsewhere has only settings there: its program is this one at any commit.
  if (place.startsWith("..")) return () => false;
  const files = changedFiles(root, commit);
  if (files.every((file) => SETTINGS.test(file))) return () => false;
  if (files.includes(LOCK)) return () => true;
  const scratch = mkdtempSync(join(tmpdir(), "mlstack-commit-"));
  try {
    const [old, drawn] = [join(scratch, "tree"), join(scratch, "drawn.json")];
    extract(root, commit, old);
    const now = await declarationsIn(root, place, drawn);
    const then = await declarationsIn(old, place, drawn);
    return (name) => now?.[name] === undefined || now[name] !== then?.[name];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Files below a folder that differ from a commit's, those that git does not know yet among them. */
function changedFiles(root: string, commit: string): string[] {
  const git = (...args: string[]) => execFileSync("git", ["-C", root, ...args], { maxBuffer: 1 << 28 }).toString();
  const names = `${git("diff", "--name-only", "--relative", commit)}${git("ls-files", "--others", "--exclude-standard")}`;
  return names.split("\n").filter((name) => name !== "");
}

/** A commit's files, with the dependencies of today. */
function extract(root: string, commit: string, to: string): void {
  mkdirSync(to);
  const archive = execFileSync("git", ["-C", root, "archive", "--format=tar", commit], { maxBuffer: 1 << 30 });
  execFileSync("tar", ["-x", "-C", to], { input: archive });
  symlinkSync(join(root, "node_modules"), join(to, "node_modules"));
}

/** Undefined where the tree has no program that can say it. */
async function declarationsIn(root: string, place: string, drawn: string): Promise<Declarations | undefined> {
  const command = [join(root, "tools", "cli.ts"), "declarations", drawn, "--cwd", place === "" ? "." : place];
  const { code, output } = await run(process.execPath, command, { cwd: root });
  return code === 0 ? z.record(z.string(), z.string()).safeParse(JSON.parse(output)).data : undefined;
}
