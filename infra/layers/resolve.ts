import { isAbsolute, relative, resolve } from "node:path";
import type { z } from "zod";

import { isHostPath } from "../../components/workload/index.ts";
import { isEncrypted } from "../secrets.ts";
import { chainOf, type Files, mergedOf } from "./chain.ts";
import type { Layer, PlacedMistake } from "./layer.ts";
import { lockMistakes } from "./locks.ts";
import { textOf } from "./path.ts";
import { at, leaves, type Path, type Position, plainOf, type SaidMap, withSaid } from "./said.ts";
import { settingAt, unknownSetting } from "./setting.ts";

/** What a stack's file and all that it starts from say together. */
export interface Resolved {
  /** Settings by key; what is inherited encrypted is not in them. */
  readonly values: Record<string, unknown>;
  /** Lowest first, the stack's own file last. */
  readonly layers: readonly Layer[];
  readonly merged: SaidMap;
  /** Places whose value is encrypted with the key of another stack, and that this stack does not say itself. */
  readonly inheritedSecrets: readonly Path[];
  /** What is wrong with the layers as such; not what a component finds wrong with their values. */
  readonly mistakes: readonly PlacedMistake[];
  /** Where the value at a path is written, or the nearest around it. */
  positionOf(path: Path): Position | undefined;
}

/** Where nothing is extended. */
export const NO_FILES: Files = { find: () => undefined, names: () => [] };

/**
 * Resolves the layers of a stack.
 *
 * @param own the stack's own file · @param schema what a stack may say · @param root folder of the project, to which the
 * program's relative paths are relative
 */
export function resolveLayers(own: Layer, files: Files, schema: z.core.$ZodType, root: string): Resolved {
  const chain = chainOf(own, files);
  const layers = chain.layers.map((layer) => ({ ...layer, said: withOwnPaths(layer, schema, root) }));
  const merged = mergedOf(layers);
  const inherited = leaves(merged).filter(({ path, said }) => {
    return said.kind === "value" && isEncrypted(said.value) && at(own.said, path) === undefined;
  });
  const values = plainOf(
    inherited.reduce((map, { path, said }) => withSaid(map, path, { kind: "default", position: said.position }), merged),
  );
  const positionOf = (path: Path): Position | undefined => {
    for (let depth = path.length; depth > 0; depth--) {
      const place = layers.map((layer) => layer.positionOf(path.slice(0, depth))).findLast((position) => position !== undefined);
      if (place !== undefined) return place;
    }
    return undefined;
  };
  return {
    values,
    layers,
    merged,
    inheritedSecrets: inherited.map(({ path }) => path),
    mistakes: [
      ...layers.flatMap(({ mistakes }) => mistakes),
      ...chain.mistakes,
      ...layers.flatMap((layer) => unknownWords(layer, schema)),
      ...notRemovable(merged, schema),
      ...lockMistakes(layers, files, schema),
    ],
    positionOf,
  };
}

/** Settings that a layer names in its words about layers, and that do not exist. */
function unknownWords({ said, locks, positionOf }: Layer, schema: z.core.$ZodType): PlacedMistake[] {
  const isUnknown = ({ path }: { readonly path: Path }) => settingAt(schema, path) === undefined;
  const defaults = leaves(said).filter((leaf) => leaf.said.kind === "default" && isUnknown(leaf));
  return [
    ...defaults.map(({ path, said: { position } }) => ({ path: "mlstack:defaults", message: unknownSetting(schema, path), position })),
    ...locks.filter(isUnknown).map(({ path, position }) => ({
      path: "mlstack:locked",
      message: unknownSetting(schema, path),
      position: position ?? positionOf(["locked"]),
    })),
  ];
}

/** `null` where there is nothing that can be taken away. */
function notRemovable(merged: SaidMap, schema: z.core.$ZodType): PlacedMistake[] {
  return leaves(merged).flatMap(({ path, said }) => {
    if (said.kind !== "absent") return [];
    const setting = settingAt(schema, path);
    if (setting?.removable === true) return [];
    const text = textOf(path);
    const message =
      setting === undefined
        ? unknownSetting(schema, path)
        : `cannot be taken away (null): every stack has it; to go back to its default, name ${text} in mlstack:defaults`;
    return [{ path: `mlstack:${text}`, message, position: said.position }];
  });
}

/** What a layer says, with its paths of the host relative to the project's folder in the place of its own. */
function withOwnPaths({ said, folder }: Layer, schema: z.core.$ZodType, root: string): SaidMap {
  if (folder === root) return said;
  return leaves(said).reduce((map, leaf) => {
    if (leaf.said.kind !== "value" || typeof leaf.said.value !== "string" || isAbsolute(leaf.said.value)) return map;
    if (settingAt(schema, leaf.path)?.forms.some(isHostPath) !== true) return map;
    return withSaid(map, leaf.path, { ...leaf.said, value: relative(root, resolve(folder, leaf.said.value)) });
  }, said);
}
