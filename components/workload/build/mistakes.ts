import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { nearest, quoted } from "../mistakes.ts";
import { parseDockerfile, stageIndex } from "./dockerfile.ts";
import { isPredefined } from "./inputs.ts";

interface Build {
  readonly context: string;
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  readonly base?: unknown;
  readonly target?: string | undefined;
}

interface Mistake {
  readonly path: readonly string[];
  readonly message: string;
}

/** What a build would fail by after minutes, or leave out without an error: a stage or an argument that the Dockerfile has not. */
export function dockerfileMistakes(build: Build): Mistake[] {
  const path = join(resolve(build.context), build.dockerfile);
  if (!existsSync(resolve(build.context))) return [];
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return mistakesIn(readFileSync(path, "utf8"), build);
    return [{ path: ["dockerfile"], message: `must be a file, relative to the context, got ${quoted(build.dockerfile)}` }];
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return [{ path: ["dockerfile"], message: `cannot be read: ${error.message}` }];
  }
}

function mistakesIn(text: string, { dockerfile, args, base, target }: Build): Mistake[] {
  const file = parseDockerfile(text);
  if (file === undefined) return [];
  const mistakes: Mistake[] = Object.keys(args)
    .filter((name) => !file.args.has(name) && !isPredefined(name))
    .map((name) => ({ path: ["args", name], message: `${dockerfile} has no ARG of that name${suggestion(name, [...file.args])}` }));
  if (base !== undefined && args["BASE"] !== undefined)
    mistakes.push({ path: ["args", "BASE"], message: "is what base sets; give one of the two" });
  if (base !== undefined && !file.args.has("BASE")) {
    mistakes.push({ path: ["base"], message: `needs \`ARG BASE\` before the first FROM of ${dockerfile}, and a \`FROM $BASE\`` });
  }
  if (stageIndex(file, target) === -1) mistakes.push({ path: ["target"], message: stageMistake(file.stages, dockerfile, target) });
  return mistakes;
}

function stageMistake(stages: readonly { readonly name: string | undefined }[], dockerfile: string, target: string | undefined): string {
  if (stages.length === 0) return `${dockerfile} has no FROM`;
  const names = stages.flatMap(({ name }) => name ?? []);
  return `${dockerfile} has no stage ${quoted(target)}${suggestion(target ?? "", names)}`;
}

function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `; did you mean "${near}"?`;
  return known.length === 0 ? "" : `; known are ${known.join(", ")}`;
}
