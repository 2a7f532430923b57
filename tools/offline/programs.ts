import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { cacheFolder, ensureFolder, ROOT } from "../lib/folders.ts";
import type { Report } from "../lib/step.ts";
import { compileGo, type GoProgram } from "./go.ts";
import { isPlaced, place } from "./placed.ts";
import versions from "./versions.json" with { type: "json" };

/** What every stack needs, and what only stacks on Kubernetes do: its provider takes as long to build as all the others. */
export type Part = "core" | "kubernetes";

/** A program built from one folder below `toolchain`. */
interface Program extends GoProgram {
  /** Folder below `plugins`, for a provider. */
  readonly plugin?: string;
  /** Time on two cores, for the progress line. */
  readonly takes: string;
}

const CORE: readonly Program[] = [
  {
    name: "pulumi",
    source: source("pulumi"),
    target: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${versions.pulumi}` },
    takes: "about 4 minutes",
  },
  {
    name: "pulumi-language-nodejs",
    source: source("language-nodejs"),
    target: ".",
    variables: { "main.version": versions.pulumi },
    takes: "half a minute",
  },
  {
    name: "pulumi-resource-docker",
    source: source("resource-docker"),
    target: ".",
    variables: { "main.version": versions.docker },
    plugin: `resource-docker-v${versions.docker}`,
    takes: "about 3 minutes",
  },
];

const KUBERNETES: Program = {
  name: "pulumi-resource-kubernetes",
  source: source("resource-kubernetes"),
  target: ".",
  variables: { "main.version": versions.kubernetes },
  plugin: `resource-kubernetes-v${versions.kubernetes}`,
  takes: "about 6 minutes",
};

/** Whether all programs of the parts are built and in their places. */
export function isBuilt(parts: readonly Part[]): boolean {
  return programsOf(parts).every(isInPlace);
}

/** Builds what is missing of the parts, each program into the cache under a key that follows from its sources. */
export async function buildPrograms(parts: readonly Part[], report: Report): Promise<void> {
  for (const program of programsOf(parts)) {
    if (isInPlace(program)) continue;
    if (!existsSync(pathOf(program))) {
      report(`building ${program.name}, ${program.takes} the first time`);
      await compileGo(program, pathOf(program));
    }
    if (program.plugin !== undefined) place(pathOf(program), join(ensureFolder(pluginFolder(program.plugin)), program.name));
  }
}

/** Where the engine looks for plugins; part of the cache, since plugins can be built or fetched again. */
export function pulumiHome(): string {
  return join(cacheFolder(), "pulumi-home");
}

/**
 * Folder of the built programs that goes on PATH: one, since the engine warns of a language host that is not beside it.
 * A provider is not there either: from PATH the engine would use it with a warning at every run.
 */
export function builtPath(): string {
  return folderOf(
    "pulumi",
    CORE.filter(({ plugin }) => plugin === undefined),
  );
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

function source(folder: string): string {
  return join(ROOT, "tools", "offline", "toolchain", folder);
}

function programsOf(parts: readonly Part[]): readonly Program[] {
  return parts.flatMap((part) => (part === "core" ? CORE : [KUBERNETES]));
}

function pathOf(program: Program): string {
  return join(program.plugin === undefined ? builtPath() : folderOf(program.plugin, [program]), program.name);
}

function folderOf(name: string, programs: readonly Program[]): string {
  const hash = createHash("sha256");
  for (const { target, variables, source } of programs) hash.update(JSON.stringify([target, variables])).update(sourcesKey(source));
  return join(cacheFolder(), "toolchain", `${name}-${hash.digest("hex").slice(0, 12)}`);
}

/** Where the engine looks for a provider. */
function pluginFolder(plugin: string): string {
  return join(pulumiHome(), "plugins", plugin);
}

function isInPlace(program: Program): boolean {
  // Another checkout with other sources may have put its own there.
  return program.plugin === undefined
    ? existsSync(pathOf(program))
    : isPlaced(pathOf(program), join(pluginFolder(program.plugin), program.name));
}
