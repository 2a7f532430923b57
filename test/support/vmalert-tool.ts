import { execFile, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { coerce, lt } from "semver";

import { cacheFolder } from "../../tools/lib/folders.ts";
import { compileGo, oldestGo } from "../../tools/offline/go.ts";
import { ROOT } from "./documents.ts";

/** The module that pins what the image of monitoring is built from. */
const SOURCE = join(ROOT, "workloads", "monitoring");

/** Whether VictoriaMetrics' vmalert-tool is built already, or can be: that needs a Go as new as its module asks for. */
export function canHaveVmalertTool(): boolean {
  if (!existsSync(join(SOURCE, "go.mod"))) return false;
  if (existsSync(programPath())) return true;
  const { status, stdout } = spawnSync("go", ["version"], { encoding: "utf8", env: { ...process.env, GOTOOLCHAIN: "local" } });
  const found = status === 0 ? coerce(stdout.replace(/^.*\bgo(?=\d)/, "")) : null;
  return found !== null && !lt(found, oldestGo(SOURCE));
}

/** Runs it on test files of a folder, built first where it is not in the cache. @returns what it says; with `SUCCESS` for each file that passes */
export async function vmalertTool(folder: string, files: readonly string[]): Promise<string> {
  const program = programPath();
  if (!existsSync(program)) {
    await compileGo(
      { name: "vmalert-tool", source: SOURCE, target: "github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert-tool" },
      program,
    );
  }
  // Its store is in the folder for what is temporary, under a name that every run has.
  const options = { cwd: folder, env: { ...process.env, TMPDIR: folder } };
  return new Promise((resolve) => {
    execFile(program, ["unittest", ...files.map((file) => `--files=${file}`)], options, (_, stdout, stderr) =>
      resolve(`${stdout}${stderr}`),
    );
  });
}

function programPath(): string {
  const version = /VictoriaMetrics\/VictoriaMetrics (v\S+)/.exec(readFileSync(join(SOURCE, "go.mod"), "utf8"))?.[1] ?? "unknown";
  return join(cacheFolder(), `vmalert-tool-${version}`, "vmalert-tool");
}
