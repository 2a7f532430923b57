import { existsSync } from "node:fs";

import { chainOf, mergedOf } from "../../infra/layers/chain.ts";
import { filesIn, layerIn } from "../../infra/layers/disk.ts";
import { type Layer, layerOf } from "../../infra/layers/layer.ts";
import { mistakeText } from "../../infra/layers/mistake-text.ts";
import { plainOf } from "../../infra/layers/said.ts";
import { Problem } from "../lib/problem.ts";
import { type Stack, trackedFile } from "./stack.ts";

/** What a stack's own file says; nothing where it has none. */
export function ownLayer(stack: Stack): Layer {
  const { folder, name, project } = stack;
  const path = trackedFile(stack);
  const nothing = { name, file: `Pulumi.${name}.yaml`, folder, values: {}, positionOf: () => undefined };
  return existsSync(path) ? layerIn(path, { root: folder, name: project }, { name }) : layerOf(nothing);
}

/** @throws Problem with every mistake of the text of a stack's own file, where it is no YAML: Pulumi could not read it either */
export function refuseUnreadable(stack: Stack): void {
  const { file, mistakes, positionOf } = ownLayer(stack);
  const text = mistakes.filter(({ path }) => path === "");
  if (text.length > 0) throw new Problem(mistakeText(file, text, positionOf));
}

/** A stack's settings in the project's files, with those of all layers, by key without `mlstack:`; nothing of it is checked. */
export function trackedSettings(stack: Stack): Record<string, unknown> {
  const { folder, project } = stack;
  return plainOf(mergedOf(chainOf(ownLayer(stack), filesIn({ root: folder, name: project })).layers));
}
