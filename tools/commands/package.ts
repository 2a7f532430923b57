import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What compiled code finds beside itself at run time, at the same place below `dist` as in the source tree. */
const ASSETS = ["components/docker/carrier", "workloads"] as const;

/** Names that no image needs: tests, and what tools leave behind. */
const LEFT_OUT =
  /^(test|build|tests(_\w+)?|testing|__pycache__|\.pytest_cache|\.mypy_cache|\.venv|\.DS_Store|node_modules|.*\.egg-info|.*\.ts|.*\.pyc)$/;

/**
 * Writes the library to `dist`, as `npm pack` puts it into the package: JavaScript and type declarations of the
 * components and adapters, and the build contexts of their images. Nothing is printed on standard output, which
 * `npm pack --json` needs for itself. Returns the compiler's exit code.
 */
export async function writePackage(folder = join(ROOT, "dist")): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  const compiler = join(ROOT, "node_modules", ".bin", "tsc");
  const { status } = spawnSync(compiler, ["--project", join(ROOT, "tsconfig.build.json"), "--outDir", folder], { stdio: ["ignore", 2, 2] });
  if (status !== 0) return status ?? 1;
  for (const asset of ASSETS) {
    cpSync(join(ROOT, asset), join(folder, asset), { recursive: true, filter: belongs });
  }
  removeEmpty(folder);
  return 0;
}

function belongs(path: string): boolean {
  return !LEFT_OUT.test(basename(path));
}

/** Folders of which only tests were left. */
function removeEmpty(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    removeEmpty(path);
    if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
  }
}
