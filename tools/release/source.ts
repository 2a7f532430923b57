import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

import { workload as w } from "../../components/index.ts";
import { parseDockerfile, type Stage, stagesTo } from "./dockerfile.ts";

/** One image of a release: where its sources are, and what its Dockerfile says. */
export interface Source {
  readonly name: string;
  /** Absolute path of the folder that is sent to the engine. */
  readonly context: string;
  /** Absolute path. */
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** Stages that the build goes through. */
  readonly stages: readonly Stage[];
  /** Arguments that the Dockerfile has. */
  readonly declared: readonly string[];
}

/** An image as the definition file has it. */
export interface Written {
  readonly context: string;
  readonly dockerfile: string;
  readonly target?: string | undefined;
  readonly args: Readonly<Record<string, string>>;
}

/** Arguments that every build takes, whether the Dockerfile names them or not. */
const ALWAYS = /^(http|https|ftp|no|all)_proxy$/i;

/**
 * Looks at an image's folder and Dockerfile.
 *
 * @param folder of the definition file, to which the context is relative · @param hasBase whether the file says what images are built on
 */
export function sourceOf(folder: string, name: string, written: Written, hasBase: boolean): { source?: Source; mistakes: w.Mistake[] } {
  const path = `images.${name}`;
  const { target, args } = written;
  const context = resolve(folder, written.context);
  if (!existsSync(context) || !statSync(context).isDirectory()) {
    const message = `must be an existing folder, relative to the file, got "${written.context}" (${context})`;
    return { mistakes: [{ path: `${path}.context`, message }] };
  }
  const dockerfile = resolve(context, written.dockerfile);
  if (!existsSync(dockerfile) || !statSync(dockerfile).isFile()) {
    const message = `must be a folder with a Dockerfile; there is no ${dockerfile}`;
    return { mistakes: [{ path: `${path}.context`, message }] };
  }
  const parsed = parseDockerfile(readFileSync(dockerfile, "utf8"));
  const stages = stagesTo(parsed, target);
  const mistakes = [
    ...(stages === undefined ? [{ path: `${path}.target`, message: noTarget(target, parsed.stages) }] : []),
    ...Object.keys(args).flatMap((arg) => argMistakes(`${path}.args.${arg}`, arg, parsed.args, hasBase)),
  ];
  if (stages?.length === 0) mistakes.push({ path: `${path}.context`, message: `has a Dockerfile without FROM (${dockerfile})` });
  if (hasBase && !parsed.args.includes("BASE"))
    mistakes.push({ path, message: `has no ARG BASE in its Dockerfile, so base would not be heeded; add it, or leave base out` });
  if (stages === undefined || stages.length === 0) return { mistakes };
  return { source: { name, context, dockerfile, target, args, stages, declared: parsed.args }, mistakes };
}

function noTarget(target: string | undefined, stages: readonly Stage[]): string {
  const known = stages.flatMap(({ name }) => (name === undefined ? [] : [name]));
  return `must be a stage of the Dockerfile (${known.length === 0 ? "it names none" : known.join(", ")}), got ${w.quoted(target)}`;
}

/** An argument that is not there would be left out without a word but a warning. */
function argMistakes(path: string, arg: string, declared: readonly string[], hasBase: boolean): w.Mistake[] {
  if (hasBase && arg === "BASE") return [{ path, message: "is what base says already; leave one of the two out" }];
  if (declared.includes(arg) || ALWAYS.test(arg)) return [];
  return [{ path, message: `the Dockerfile has no ARG ${arg}; it has ${declared.length === 0 ? "none" : declared.join(", ")}` }];
}
