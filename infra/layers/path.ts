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
  return keysOf(text.replace(/^mlstack:/, "")).map(String);
}

/** The same of any path as Pulumi writes it (`a.b`, `a[0]`, `a["b.c"]`), with places in a list as numbers. */
export function keysOf(text: string): (string | number)[] {
  return [...text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, plain]) =>
    index !== undefined ? Number(index) : quoted !== undefined ? quoted.replaceAll(/\\(.)/g, "$1") : (plain ?? ""),
  );
}
