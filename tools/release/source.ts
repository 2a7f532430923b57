import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

import { type Dockerfile, parseDockerfile } from "../../components/workload/build/dockerfile.ts";
import { isPredefined } from "../../components/workload/build/inputs.ts";
import { type Mistake, quoted } from "../../components/workload/mistakes.ts";
import { type Stage, stagesTo } from "./stages.ts";

/** One image of a release: where its sources are, and what its Dockerfile says. */
export interface Source {
  readonly name: string;
  /** Absolute path of the folder that is built from. */
  readonly context: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** Name of the image of this release that it is built on; undefined: what the file says for all. */
  readonly base: string | undefined;
  /** Stages that the build goes through. */
  readonly stages: readonly Stage[];
  /** Arguments that the Dockerfile declares. */
  readonly declared: ReadonlySet<string>;
}

/** An image as the definition file has it. */
export type Written = Pick<Source, "context" | "dockerfile" | "args"> & {
  readonly target?: string | undefined;
  readonly base?: string | undefined;
};

/**
 * Looks at an image's folder and Dockerfile.
 *
 * @param folder of the definition file, to which the context is relative · @param hasBase whether the file says what images are built on
 */
export function sourceOf(folder: string, name: string, written: Written, hasBase: boolean): { source?: Source; mistakes: Mistake[] } {
  const path = `images.${name}`;
  const { target, args, dockerfile, base } = written;
  const context = resolve(folder, written.context);
  if (statSync(context, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const message = `must be an existing folder, relative to the file, got "${written.context}" (${context})`;
    return { mistakes: [{ path: `${path}.context`, message }] };
  }
  const file = resolve(context, dockerfile);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    return { mistakes: [{ path: `${path}.context`, message: `must be a folder with a Dockerfile; there is no ${file}` }] };
  }
  const parsed = parseDockerfile(readFileSync(file, "utf8"));
  if (parsed === undefined) return { mistakes: [{ path: `${path}.dockerfile`, message: `has a line that is no instruction (${file})` }] };
  const stages = stagesTo(parsed, target);
  const mistakes = [
    ...(stages === undefined ? [{ path: `${path}.target`, message: noTarget(target, parsed) }] : []),
    ...Object.keys(args).flatMap((arg) => argMistakes(`${path}.args.${arg}`, arg, parsed, hasBase || base !== undefined)),
    ...(stages?.length === 0 ? [{ path: `${path}.context`, message: `has a Dockerfile without FROM (${file})` }] : []),
    ...((hasBase || base !== undefined) && !parsed.args.has("BASE")
      ? [{ path, message: "has no ARG BASE in its Dockerfile, so base would be ignored; add it, or leave base out" }]
      : []),
  ];
  if (stages === undefined || stages.length === 0) return { mistakes };
  return { source: { name, context, dockerfile, target, args, base, stages, declared: parsed.args }, mistakes };
}

function noTarget(target: string | undefined, { stages }: Dockerfile): string {
  const known = stages.flatMap(({ name }) => (name === undefined ? [] : [name]));
  return `must be a stage of the Dockerfile (${known.length === 0 ? "it names none" : known.join(", ")}), got ${quoted(target)}`;
}

/** Docker ignores an argument that is not declared, with a warning at most. */
function argMistakes(path: string, arg: string, { args }: Dockerfile, hasBase: boolean): Mistake[] {
  if (hasBase && arg === "BASE") return [{ path, message: "is what base says already; leave one of the two out" }];
  if (args.has(arg) || isPredefined(arg)) return [];
  return [{ path, message: `the Dockerfile has no ARG ${arg}; it has ${args.size === 0 ? "none" : [...args].join(", ")}` }];
}
