import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type BuildCopy, copyBuild } from "../../components/workload/build/copy.ts";
import { Problem } from "../lib/problem.ts";
import { platformHeld } from "./base.ts";
import type { Definition, Platform } from "./definition.ts";
import type { Answer, Docker } from "./docker-client.ts";
import { REMEDY } from "./engine.ts";
import { TEMPORARY } from "./settings-folder.ts";
import type { Source } from "./source.ts";
import { fromScratch } from "./stages.ts";

/** How much of a failed build's output is shown. */
const LAST_LINES = 15;
/** How much of a line that says how far a build is. */
const LONGEST_LINE = 100;

/** One image for one platform, under a tag of its own. */
export interface Build {
  readonly source: Source;
  readonly platform: Platform;
  /** `registry.example.com/ml/api:1.4.0-arm64`. */
  readonly reference: string;
}

/** `registry.example.com/ml/api:1.4.0`. */
export function referenceOf({ registry, version }: Pick<Definition, "registry" | "version">, { name }: Pick<Source, "name">): string {
  return `${registry}/${name}:${version}`;
}

/** The builds of `images`, image by image. */
export function buildsOf(definition: Definition, images: readonly Source[]): Build[] {
  return images.flatMap((source) => definition.platforms.map((platform) => buildOf(definition, source, platform)));
}

/** The build of one image for one platform. */
export function buildOf(definition: Definition, source: Source, platform: Platform): Build {
  return { source, platform, reference: `${referenceOf(definition, source)}-${platform.replace("linux/", "")}` };
}

/** Arguments of `docker build`. */
function buildArguments(one: Build, copy: BuildCopy, base: string | undefined, flags: readonly string[]): string[] {
  const { source, platform, reference } = one;
  const [os = "", architecture = ""] = platform.split("/");
  // BuildKit gives these by itself; old engines do not.
  const automatic = { TARGETPLATFORM: platform, TARGETOS: os, TARGETARCH: architecture };
  const args = [
    ...Object.entries(automatic).filter(([name]) => source.declared.has(name)),
    ...(base === undefined ? [] : [["BASE", base] as const]),
    ...Object.entries(source.args),
  ];
  return [
    "build",
    "--platform",
    platform,
    // Old engines leave the container of a step that failed.
    "--force-rm",
    ...flags,
    "--file",
    join(copy.context, copy.dockerfile),
    ...(source.target === undefined ? [] : ["--target", source.target]),
    ...args.flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    "--tag",
    reference,
    copy.context,
  ];
}

/**
 * Builds one image for one platform on the engine, from a copy of the sources that is the same for every checkout.
 *
 * @throws Problem with the end of the output.
 */
export async function build(one: Build, base: string | undefined, docker: Docker, onLine: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `${TEMPORARY}${process.pid}-`));
  try {
    const copy = copied(one, join(folder, "sources"));
    const attempt = async (flags: readonly string[] = []) => {
      const answer = await docker.ask(buildArguments(one, copy, base, flags), {
        onLine: (line) => isStep(line) && onLine(line.slice(0, LONGEST_LINE)),
      });
      if (answer.code !== 0) throw new Problem(buildFailure(one, answer));
      return platformHeld(one.reference, docker);
    };
    let platform = await attempt();
    // Old engines take a layer on nothing from what they built for another platform.
    if (platform !== one.platform && fromScratch(one.source.stages)) platform = await attempt(["--no-cache"]);
    if (platform !== one.platform) throw new Problem(wrongPlatform(one, platform ?? "another platform", base));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copied(one: Build, folder: string): BuildCopy {
  try {
    return copyBuild(one.source, folder);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new Problem(`${nameOf(one)}: its sources cannot be copied: ${error.message}`);
  }
}

/** Both builders' lines that say how far they are. */
function isStep(line: string): boolean {
  return /^(Step \d+\/\d+|#\d+ \[)/.test(line);
}

function nameOf({ source, platform }: Build): string {
  return `${source.name} for ${platform}`;
}

function buildFailure(one: Build, { code, text }: Answer): string {
  const last = text.trim().split("\n").slice(-LAST_LINES);
  const lines = last.map((line) => `    ${line}`).join("\n");
  const remedy = /exec format error/.test(text) ? `\n  This engine cannot run programs of ${one.platform}; on its machine: ${REMEDY}` : "";
  return `${nameOf(one)}: the build failed with exit code ${code}; its last ${last.length} lines:\n${lines}${remedy}`;
}

function wrongPlatform(one: Build, platform: string, base: string | undefined): string {
  const from = base ?? one.source.stages.at(-1)?.from ?? "its base";
  const remedy = "name one for each platform: base: { linux/amd64: …, linux/arm64: … }";
  return `${nameOf(one)}: the build made an image for ${platform}, since that is what this engine holds as ${from}; ${remedy}`;
}
