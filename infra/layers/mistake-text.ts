import { count } from "../../components/workload/mistakes.ts";
import type { PlacedMistake } from "./layer.ts";
import { pathOf } from "./path.ts";
import type { Path, Position } from "./said.ts";

/**
 * All mistakes of a stack, each with the place where it is written: the file, line and column of the key, or of the nearest
 * key around it.
 */
export function mistakeText(file: string, mistakes: readonly PlacedMistake[], positionOf: (path: Path) => Position | undefined): string {
  const lines = mistakes.map(({ path, message, key, position }) => {
    const place = position ?? positionOf([...pathOf(path), ...(key === undefined ? [] : [key])]);
    const text = path === "" ? message : `${path}: ${message}`;
    return place === undefined ? `  ${text}` : `  ${placeText(place)}: ${text}`;
  });
  return `${file}: ${count(mistakes.length, "mistake")}; nothing was changed\n${lines.join("\n")}\n  infra/stack.schema.json describes every key.`;
}

/** `file:line:column`. */
export function placeText({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}
