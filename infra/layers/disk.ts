import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

import type { Files } from "./chain.ts";
import { writtenIn } from "./file.ts";
import { type Layer, layerOf } from "./layer.ts";

/** Folder of the layers that are no stacks, in a project's. */
const FOLDER = "layers";

/** A Pulumi project: its folder, and the name of its own namespace. */
export interface Project {
  readonly root: string;
  readonly name: string;
}

/** The layers of a project: `layers/NAME.yaml`, and any stack's `Pulumi.NAME.yaml`. Each file is read once. */
export function filesIn({ root, name: project }: Project): Files {
  const read = new Map<string, Layer | undefined>();
  const load = (name: string): Layer | undefined => {
    const path = [join(root, FOLDER, `${name}.yaml`), join(root, `Pulumi.${name}.yaml`)].find((one) => existsSync(one));
    return path === undefined ? undefined : layerIn(path, { root, name: project }, { name, isInherited: true });
  };
  return {
    find: (name) => {
      if (!read.has(name)) read.set(name, load(name));
      return read.get(name);
    },
    names: () => [...layerNamesIn(root), ...stackNamesIn(root)],
  };
}

/** What a file says. @param shown what messages call it; default: its path from the project's folder */
export function layerIn(
  path: string,
  { root, name: project }: Project,
  {
    name,
    shown = relative(root, path),
    isInherited = false,
  }: { readonly name: string; readonly shown?: string; readonly isInherited?: boolean },
): Layer {
  return layerOf(writtenIn(readFileSync(path, "utf8"), { name, file: shown, folder: dirname(path), isInherited, project }));
}

/** Names of the layers that are no stacks. */
export function layerNamesIn(root: string): string[] {
  const folder = join(root, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => basename(file, ".yaml"))
    .sort();
}

/** Names of the stacks that a project has settings for. */
export function stackNamesIn(root: string): string[] {
  return readdirSync(root)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}
