import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";

import { BuildContext } from "./build-context.ts";
import { type BuildInputs, buildInputs } from "./build-inputs.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { digestOf } from "./file-digest.ts";
import type { CompleteBuild } from "./image.ts";
import { type Owner, refuse } from "./refuse.ts";

/** The image that another one is built on. */
export interface BaseImage {
  /** As the engine that builds finds it. */
  readonly reference: pulumi.Input<string>;
  /** What stands for its content in the tags of all that is built on it. */
  readonly identity: pulumi.Input<string>;
}

/**
 * Twelve hexadecimal digits that follow from what goes into the image: the instructions of the target's stages, the
 * arguments they use, and the files that they copy. The same sources give the same tag on every machine, and what the build
 * does not read changes nothing. Images and addresses that a Dockerfile names count by their name alone.
 */
export function contentTag(spec: Omit<CompleteBuild, "base">): string {
  const root = resolve(spec.context);
  const dockerfile = join(root, spec.dockerfile);
  const inputs = inputsOf(readFileSync(dockerfile, "utf8"), spec);
  const hash = createHash("sha256").update(JSON.stringify(inputs.recipe));
  for (const [path, digest] of filesOf(new BuildContext(root, dockerfile, inputs.sources), inputs)) hash.update(`\0${path}\0${digest}`);
  return shortened(hash.digest("hex"));
}

/** The tag of an image of the platform: that of its content, and of the base under it. Files that cannot be read are a mistake of `owner`. */
export function imageTag(owner: Owner, spec: Omit<CompleteBuild, "base">, base: BaseImage | undefined): pulumi.Output<string> {
  const own = tagOrRefusal(owner, spec);
  if (base === undefined) return pulumi.output(own);
  return pulumi.output(base.identity).apply((identity) => shortened(createHash("sha256").update(`${own} on ${identity}`).digest("hex")));
}

function tagOrRefusal(owner: Owner, spec: Omit<CompleteBuild, "base">): string {
  try {
    return contentTag(spec);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    refuse(owner, [
      { path: "build.context", message: `cannot be read: ${error.message}; correct its permissions, or leave it out by .dockerignore` },
    ]);
  }
}

function shortened(digest: string): string {
  return digest.slice(0, 12);
}

function inputsOf(text: string, { args, target }: Omit<CompleteBuild, "base">): BuildInputs {
  const file = parseDockerfile(text);
  if (file !== undefined) return buildInputs(file, target, args);
  return { recipe: [text.replaceAll("\r\n", "\n"), JSON.stringify(Object.entries(args).sort()), target ?? ""], sources: undefined };
}

/** Path and digest of every file that the build reads, each once. */
function filesOf(context: BuildContext, { sources }: BuildInputs): [path: string, digest: string][] {
  const read = sources?.map((source) => context.read(source));
  const entries = read === undefined || read.includes(undefined) ? context.all() : read.flatMap((found) => found ?? []);
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return [...byPath.values()]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, stats }) => [path, digestOf(join(context.root, path), stats)]);
}
