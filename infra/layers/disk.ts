import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import type { Files } from "./chain.ts";
import { writtenIn } from "./file.ts";
import { type Layer, layerOf } from "./layer.ts";
import { layerFolder, layerNamesIn, stackNamesIn } from "./names.ts";

/** A Pulumi project: its folder, and the name of its own namespace. */
export interface Project {
  readonly root: string;
  readonly name: string;
}

/** The layers of a project: `layers/NAME.yaml`, and any stack's `Pulumi.NAME.yaml`. Each file is read once. */
export function filesIn({ root, name: project }: Project): Files {
  const read = new Map<string, Layer | undefined>();
  const load = (name: string): Layer | undefined => {
    const path = [join(layerFolder(root), `${name}.yaml`), join(root, `Pulumi.${name}.yaml`)].find((one) => existsSync(one));
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
