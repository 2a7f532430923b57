import type { Path } from "./said.ts";

/** A path as settings write it: `features.api.replicas`, and `["a.b"]` for a key that has a dot. */
export function textOf(path: Path): string {
  return path.reduce((text, key) => {
    if (/[.[\]"]/.test(key)) return `${text}["${key.replaceAll(/["\\]/g, "\\$&")}"]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** The keys of such a text; an `mlstack:` before it counts as nothing. */
export function pathOf(text: string): Path {
  const own = text.replace(/^mlstack:/, "");
  return [...own.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, plain]) =>
    quoted === undefined ? (index ?? plain ?? "") : quoted.replaceAll(/\\(.)/g, "$1"),
  );
}
