import { nearest } from "../../components/workload/mistakes.ts";
import type { Layer, PlacedMistake } from "./layer.ts";
import { merge, type SaidMap, SILENCE } from "./said.ts";

/** Finds the files that others may extend. */
export interface Files {
  /** The layer of that name; undefined where there is no such file. */
  find(name: string): Layer | undefined;
  /** Names of all that there are, for suggestions. */
  names(): readonly string[];
}

/** A file and all that it starts from. */
export interface Chain {
  /** Lowest first, the file itself last; each once, where it comes first. */
  readonly layers: readonly Layer[];
  readonly mistakes: readonly PlacedMistake[];
}

/** The layers that `own` starts from, at any depth. A circle is named link by link. */
export function chainOf(own: Layer, files: Files): Chain {
  const layers: Layer[] = [];
  const mistakes: PlacedMistake[] = [];
  const add = (layer: Layer, above: readonly Layer[]): void => {
    for (const [index, name] of layer.extends.entries()) {
      const wrong = (message: string) => {
        const position = layer.positionOf(["extends", String(index)]) ?? layer.positionOf(["extends"]);
        mistakes.push({ path: "mlstack:extends", message, position });
      };
      const lower = files.find(name);
      if (lower === undefined) wrong(noLayer(name, files.names()));
      else if ([...above, layer].some((one) => one.file === lower.file)) wrong(circle([...above, layer], lower));
      else if (!layers.some((one) => one.file === lower.file)) add(lower, [...above, layer]);
    }
    layers.push(layer);
  };
  add(own, []);
  return { layers, mistakes };
}

/** What layers say together. @param layers lowest first */
export function mergedOf(layers: readonly Layer[]): SaidMap {
  return layers.map(({ said }) => said).reduce<SaidMap>(merge, SILENCE);
}

function noLayer(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const known = names.length === 0 ? "there is none yet" : `there are ${names.join(", ")}`;
  return `no layer is called "${name}" (neither layers/${name}.yaml nor Pulumi.${name}.yaml)${near === undefined ? `; ${known}` : `; did you mean "${near}"?`}`;
}

function circle(above: readonly Layer[], again: Layer): string {
  const from = above.findIndex(({ file }) => file === again.file);
  return `is a circle: ${[...above.slice(from), again].map(({ file }) => file).join(" → ")}`;
}
