import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parse } from "yaml";

import { nearest } from "../../components/workload/mistakes.ts";
import { layerNamesIn, stackNamesIn } from "../../infra/layers/names.ts";
import { ROOT } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { checkpointOf } from "./backend.ts";

/** A stack: a system's program in its folder, under one name and with settings of its own. */
export interface Stack {
  /** Folder of the Pulumi project. */
  readonly folder: string;
  /** The project's name in its `Pulumi.yaml`. */
  readonly project: string;
  readonly name: string;
}

/** What a command line says of the stack that it means. */
export interface Selection {
  /** A folder of `examples/`; default: the program of this project itself. */
  readonly example?: string | undefined;
  /** Folder of a Pulumi project, from the project's own; goes before `example`. */
  readonly cwd?: string | undefined;
  /** Default: `dev` for the program of this project, `docker` for all others. */
  readonly stack?: string | undefined;
}

/** The stack of this project that `npm start` brings up. */
export const DEV = "dev";
/** The stack of an example that `npm start -- NAME` brings up. */
const DOCKER = "docker";
const EXAMPLES = join(ROOT, "examples");

/** The stack that a command line means. @throws Problem where there is no such system or no settings of that name */
export function selectStack(selection: Selection): Stack {
  const folder = selectFolder(selection);
  const stack = { folder, project: projectIn(folder), name: selection.stack ?? (folder === resolve(ROOT) ? DEV : DOCKER) };
  if (existsSync(trackedFile(stack)) || checkpointOf(stack) !== undefined) return stack;
  const names = stackNamesIn(folder);
  const near = nearest(stack.name, names);
  throw new Problem(
    `${whereOf(stack)} has no stack "${stack.name}"${near === undefined ? "" : `; did you mean "${near}"?`} ` +
      `(its stacks: ${names.join(", ") || "none"}; another is a file Pulumi.${stack.name}.yaml)`,
  );
}

/** The folder that a command line means. @throws Problem where there is no such example or no Pulumi project */
export function selectFolder({ example, cwd }: Selection): string {
  if (cwd !== undefined) {
    const folder = resolve(ROOT, cwd);
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
    throw new Problem(`${cwd} holds no Pulumi project; name a folder with a Pulumi.yaml, e.g. examples/${examples()[0]}`);
  }
  if (example === undefined) return resolve(ROOT);
  const known = examples();
  if (known.includes(example)) return join(EXAMPLES, example);
  const near = nearest(example, known);
  throw new Problem(
    `no system is called "${example}"${near === undefined ? "" : `; did you mean "${near}"?`} (examples: ${known.join(", ")})`,
  );
}

/** @throws Problem for a layer that a project has not, neither as one of its own nor as a stack */
export function refuseUnknownLayer(folder: string, layer: string): void {
  const known = [...layerNamesIn(folder), ...stackNamesIn(folder)];
  if (known.includes(layer)) return;
  const near = nearest(layer, known);
  throw new Problem(
    `no layer is called "${layer}"${near === undefined ? "" : `; did you mean "${near}"?`} (there are ${known.join(", ")})`,
  );
}

/** The systems in `examples/`, by folder. */
export function examples(): string[] {
  return readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, "Pulumi.yaml")));
}

/** The settings of a stack that belong to the project's files; commands never change them. */
export function trackedFile({ folder, name }: Pick<Stack, "folder" | "name">): string {
  return join(folder, `Pulumi.${name}.yaml`);
}

/** The project's name that a folder's `Pulumi.yaml` gives. */
export function projectIn(folder: string): string {
  const { name }: { name?: unknown } = parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8")) ?? {};
  if (typeof name !== "string" || name === "") throw new Problem(`${join(relative(ROOT, folder), "Pulumi.yaml")}: name is required`);
  return name;
}

/** A stack's folder as a user writes it. */
export function whereOf({ folder }: Pick<Stack, "folder">): string {
  return relative(ROOT, folder) || "this project";
}

/** The words by which a command means a stack, e.g. `model-serving -s kubernetes`; empty for the default. */
export function wordsOf({ folder, name }: Stack): string {
  const example = relative(EXAMPLES, folder);
  const isRoot = folder === resolve(ROOT);
  const place = isRoot ? [] : example.startsWith("..") ? ["-C", relative(ROOT, folder)] : [example];
  return [...place, ...(name === (isRoot ? DEV : DOCKER) ? [] : ["-s", name])].join(" ");
}

/** The options by which a command of Pulumi means a stack, e.g. `-s docker -C examples/model-serving`. */
export function optionsOf({ folder, name }: Stack): string {
  return [`-s ${name}`, ...(folder === resolve(ROOT) ? [] : [`-C ${relative(ROOT, folder)}`])].join(" ");
}
