import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { BuildContext, type Entry } from "./context.ts";
import { digestOf } from "./digest.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { type BuildInputs, buildInputs } from "./inputs.ts";

/** What is built, and how. */
export interface Build {
  /** Folder with the sources. */
  readonly context: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  /** Name or number of the stage; default: the last. */
  readonly target?: string | undefined;
}

/** A build, with the files that it finds. */
export interface BuildPlan {
  readonly context: BuildContext;
  /** Absolute path of the Dockerfile. */
  readonly dockerfile: string;
  /** What the Dockerfile itself contributes to the image. */
  readonly recipe: readonly string[];
  /** What goes into the image, or may. */
  readonly read: readonly Entry[];
}

/** @throws an error of Node.js with a `code` where a file or folder cannot be read. */
export function planOf(build: Build): BuildPlan {
  const root = resolve(build.context);
  const dockerfile = join(root, build.dockerfile);
  const { recipe, sources } = inputsOf(readFileSync(dockerfile, "utf8"), build);
  const context = new BuildContext(root, dockerfile, sources);
  const read = sources?.map((source) => context.read(source));
  const entries = read === undefined || read.includes(undefined) ? context.all() : read.flatMap((found) => found ?? []);
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return { context, dockerfile, recipe, read: [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/**
 * Twelve hexadecimal digits that follow from what goes into the image: the instructions of the target's stages, the
 * arguments they use, and the files that they copy. The same sources give the same tag on every machine, and what the build
 * does not read changes nothing. Images and addresses that a Dockerfile names count by their name alone.
 */
export function contentTag(build: Build): string {
  const { context, recipe, read } = planOf(build);
  const hash = createHash("sha256").update(JSON.stringify(recipe));
  for (const { path, stats } of read) hash.update(`\0${path}\0${digestOf(join(context.root, path), stats)}`);
  return hash.digest("hex").slice(0, 12);
}

/** The tag of an image with the content `own` that is built on another one. */
export function tagOn(own: string, base: string): string {
  return createHash("sha256").update(`${own} on ${base}`).digest("hex").slice(0, 12);
}

function inputsOf(text: string, { args, target }: Build): BuildInputs {
  const file = parseDockerfile(text);
  if (file !== undefined) return buildInputs(file, target, args);
  return { recipe: [text.replaceAll("\r\n", "\n"), JSON.stringify(Object.entries(args).sort()), target ?? ""], sources: undefined };
}
