import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { coerce, lt, type SemVer } from "semver";

import { cacheFolder, ensureFolder } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { mustRun, run } from "../lib/run.ts";

/** How often what could not be fetched is tried again. */
const RETRIES = 2;

/** A Go program of a module that pins everything it is built from by its `go.mod` and `go.sum`. */
export interface GoProgram {
  readonly name: string;
  /** Folder of the module. */
  readonly source: string;
  /** Package to build. */
  readonly target: string;
  /** Variables of the program that the linker sets, e.g. its version. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Builds a program into the file `into`, which appears when it is whole. @throws Problem where Go is missing or too old */
export async function compileGo({ name, source, target, variables = {} }: GoProgram, into: string): Promise<void> {
  await requireGo(source);
  const unfinished = `${into}.${process.pid}.part`;
  ensureFolder(join(into, ".."));
  const ldflags = ["-s", "-w", ...Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`)].join(" ");
  const flags = ["build", "-trimpath", "-ldflags", ldflags, "-o", unfinished, target];
  await fetchModules(name, source, target);
  await mustRun(`building ${name}`, "go", flags, { cwd: source, env: goEnvironment() });
  renameSync(unfinished, into);
}

/** A registry that does not answer once is not to end a build of minutes. */
async function fetchModules(name: string, source: string, target: string): Promise<void> {
  const args = ["list", "-deps", target];
  const options = { cwd: source, env: goEnvironment() };
  for (let left = RETRIES; left > 0; left--) if ((await run("go", args, options)).code === 0) return;
  await mustRun(`fetching the modules of ${name}`, "go", args, options);
}

/** Where Go keeps what it downloads and builds: in the cache, and nothing in the user's home. */
export function goEnvironment(): Record<string, string> {
  const go = join(cacheFolder(), "go");
  return {
    GOFLAGS: "-buildvcs=false -mod=readonly",
    // Pinned by go.sum; the checksum database does not know these pseudo-versions.
    GONOSUMDB: "github.com/pulumi/*,github.com/kreuzwerker/*",
    GOMODCACHE: ensureFolder(join(go, "mod")),
    GOCACHE: ensureFolder(join(go, "build")),
    GOTOOLCHAIN: "local",
    // Where Go would keep its own notes in the user's home.
    XDG_CONFIG_HOME: ensureFolder(join(go, "config")),
  };
}

/** Whether there is a Go that can build the module of a folder. */
export async function hasGoFor(source: string): Promise<boolean> {
  const found = await installedGo();
  return found !== null && !lt(found, oldestGo(source));
}

async function installedGo(): Promise<SemVer | null> {
  const { code, output } = await run("go", ["version"]);
  return code === 0 ? coerce(output.replace(/^.*\bgo(?=\d)/, "")) : null;
}

async function requireGo(source: string): Promise<void> {
  if (await hasGoFor(source)) return;
  const oldest = oldestGo(source);
  const found = await installedGo();
  throw new Problem(
    `Pulumi is not on PATH and cannot be downloaded here; it can be built, but ${found === null ? "Go is not installed" : `Go ${found} is too old`}.\n` +
      `Install Pulumi (https://www.pulumi.com/docs/install), or Go ${oldest} or newer (https://go.dev/dl), and run this command again.`,
  );
}

/** The oldest Go that a module can be built with: an older one would have to download a newer one. */
export function oldestGo(source: string): string {
  const version = /^go (\S+)$/m.exec(readFileSync(join(source, "go.mod"), "utf8"))?.[1];
  return coerce(version)?.version ?? "0.0.0";
}
