import { createHash } from "node:crypto";
import { copyFileSync, existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { cacheFolder, made, ROOT } from "./folders.ts";
import { Problem } from "./problem.ts";
import { mustRun, run } from "./run.ts";
import type { Tell } from "./step.ts";
import { PULUMI } from "./toolchain-download.ts";

/** A program built from one folder below `tools/toolchain`. */
interface Program {
  readonly name: string;
  readonly source: string;
  /** Package to build. */
  readonly target: string;
  readonly ldflags?: string;
  /** Folder below `plugins`, for a provider. */
  readonly plugin?: string;
  /** Time on two cores, for the progress line. */
  readonly takes: string;
}

/** What every stack needs, and what only stacks on Kubernetes do: its provider takes as long to build as all the others. */
export type Part = "core" | "kubernetes";

const CORE: readonly Program[] = [
  {
    name: "pulumi",
    source: "pulumi",
    target: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ldflags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${PULUMI}`,
    takes: "about 4 minutes",
  },
  { name: "pulumi-language-nodejs", source: "language-nodejs", target: ".", takes: "half a minute" },
  { name: "pulumi-resource-docker", source: "resource-docker", target: ".", plugin: "resource-docker-v5.2.0", takes: "about 3 minutes" },
];

const KUBERNETES: Program = {
  name: "pulumi-resource-kubernetes",
  source: "resource-kubernetes",
  target: ".",
  plugin: "resource-kubernetes-v4.34.2",
  takes: "about 6 minutes",
};

function programsOf(parts: readonly Part[]): readonly Program[] {
  return parts.flatMap((part) => (part === "core" ? CORE : [KUBERNETES]));
}

const OLDEST_GO = { major: 1, minor: 25 };

/** The programs built from `tools/toolchain`, each kept in the cache under a key that follows from its sources. */
export const build = {
  /** The folder that goes on PATH, if all of `parts` are there. */
  async present(parts: readonly Part[]): Promise<string | undefined> {
    return programsOf(parts).every(isThere) ? builtPath() : undefined;
  },

  /** Builds what is missing. */
  async make(parts: readonly Part[], tell: Tell): Promise<string> {
    await requireGo();
    for (const program of programsOf(parts)) {
      if (isThere(program)) continue;
      tell(`building ${program.name}, ${program.takes} the first time`);
      await compile(program);
      if (program.plugin !== undefined) install(place(program), home(program.plugin), program.name);
    }
    return builtPath();
  },
};

/** Where the engine looks for plugins; part of the cache, since plugins can be built or fetched again. */
export function pulumiHome(): string {
  return join(cacheFolder(), "pulumi-home");
}

/** Changes with every source file and module version that a program is built from. */
export function sourcesKey(folder: string): string {
  const hash = createHash("sha256").update(process.arch);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((file) => join(file.parentPath, file.name)).sort()) {
    hash.update(path.slice(folder.length)).update(readFileSync(path));
  }
  return hash.digest("hex").slice(0, 12);
}

/**
 * Folder of the built programs that goes on PATH: one, since the engine warns of a language host that is not beside it.
 * A provider is not there either: from PATH the engine would use it with a warning at every run.
 */
export function builtPath(): string {
  const programs = CORE.filter(({ plugin }) => plugin === undefined);
  return folderOf("pulumi", programs);
}

function place(program: Program): string {
  return join(program.plugin === undefined ? builtPath() : folderOf(program.plugin, [program]), program.name);
}

function folderOf(name: string, programs: readonly Program[]): string {
  const hash = createHash("sha256").update(JSON.stringify(programs));
  for (const program of programs) hash.update(sourcesKey(sourceOf(program)));
  return join(cacheFolder(), "toolchain", `${name}-${hash.digest("hex").slice(0, 12)}`);
}

function sourceOf({ source }: Program): string {
  return join(ROOT, "tools", "toolchain", source);
}

/** Where the engine looks for a provider. */
function home(plugin: string): string {
  return join(pulumiHome(), "plugins", plugin);
}

function isThere(program: Program): boolean {
  const installed = program.plugin === undefined || existsSync(join(home(program.plugin), program.name));
  return installed && existsSync(place(program));
}

async function compile(program: Program): Promise<void> {
  const { name, target, ldflags } = program;
  await compileGo({ name, source: sourceOf(program), target, ldflags }, place(program));
}

/** Builds the Go package `target` of the module in the folder `source`, pinned by its `go.sum`, into the file `into`. */
export async function compileGo(
  { name, source, target, ldflags = "" }: { name: string; source: string; target: string; ldflags?: string | undefined },
  into: string,
): Promise<void> {
  const unfinished = `${into}.part`;
  made(join(into, ".."));
  const flags = ["build", "-trimpath", "-ldflags", `-s -w ${ldflags}`.trim(), "-o", unfinished, target];
  await mustRun(`building ${name}`, "go", flags, { cwd: source, env: goEnvironment() });
  renameSync(unfinished, into);
}

function install(from: string, into: string, name: string): void {
  const target = join(made(into), name);
  rmSync(target, { force: true });
  try {
    linkSync(from, target);
  } catch {
    copyFileSync(from, target);
  }
}

function goEnvironment(): Record<string, string> {
  const go = join(cacheFolder(), "go");
  return {
    GOFLAGS: "-buildvcs=false -mod=readonly",
    // Pinned by go.sum; the checksum database does not know these pseudo-versions.
    GONOSUMDB: "github.com/pulumi/*,github.com/kreuzwerker/*",
    GOMODCACHE: made(join(go, "mod")),
    GOCACHE: made(join(go, "build")),
    GOTOOLCHAIN: "local",
    // Where Go would keep its own notes in the user's home.
    XDG_CONFIG_HOME: made(join(go, "config")),
  };
}

async function requireGo(): Promise<void> {
  const { code, text } = await run("go", ["version"]);
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(text) ?? [];
  const enough = code === 0 && (Number(major) > OLDEST_GO.major || Number(minor) >= OLDEST_GO.minor);
  if (enough) return;
  const found = code === 0 ? `Go ${major}.${minor} is too old` : "Go is not installed";
  throw new Problem(
    `Pulumi is not on PATH and cannot be downloaded here; it can be built, but ${found}.\n` +
      `Install Pulumi (https://www.pulumi.com/docs/install), or Go ${OLDEST_GO.major}.${OLDEST_GO.minor} or newer (https://go.dev/dl), and run this command again.`,
  );
}
