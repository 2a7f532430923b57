import { type Mistake, mistakesOf } from "../../components/workload/mistakes.ts";
import { type LayerKeys, layerKeys, type Range } from "./layer-keys.ts";
import { pathOf } from "./path.ts";
import { at, type Path, type Position, type SaidMap, saidOf, withSaid } from "./said.ts";

/** A mistake, and where it is written. */
export interface PlacedMistake extends Mistake {
  readonly position?: Position | undefined;
}

/** What one file says. */
export interface Layer {
  /** By which other files extend it. */
  readonly name: string;
  /** As messages name it, e.g. `layers/eu.yaml`. */
  readonly file: string;
  /** Folder that its relative paths are relative to. */
  readonly folder: string;
  /** Its settings, by key without `mlstack:`. */
  readonly said: SaidMap;
  /** Names of the layers it starts from. */
  readonly extends: readonly string[];
  readonly locks: readonly Lock[];
  readonly mistakes: readonly PlacedMistake[];
  /** Where the file writes the key at a path; undefined for what it does not write. */
  positionOf(path: Path): Position | undefined;
}

/** A setting that higher layers may not change, or only within a range. */
export interface Lock {
  readonly path: Path;
  readonly range: Range | undefined;
  readonly position: Position | undefined;
}

/** What a layer is made from: its values as they are written, by key without `mlstack:`. */
export interface Written extends Pick<Layer, "name" | "file" | "folder" | "positionOf"> {
  readonly values: Readonly<Record<string, unknown>>;
  /** Of the file itself, e.g. a key that it has twice. */
  readonly mistakes?: readonly PlacedMistake[];
}

/** A layer with its words about layers taken out of its settings. */
export function layerOf({ values, mistakes = [], ...written }: Written): Layer {
  const { extends: _extends, defaults: _defaults, locked: _locked, ...settings } = values;
  const words = layerKeys.safeParse(present({ extends: _extends, defaults: _defaults, locked: _locked }), { reportInput: true });
  const wrong = words.success
    ? []
    : mistakesOf(words.error).map((mistake) => ({
        ...mistake,
        path: `mlstack:${mistake.path}`,
        position: written.positionOf(pathOf(mistake.path).slice(0, 1)),
      }));
  const { extends: lower = [], defaults = [], locked = {} }: LayerKeys = words.success ? words.data : {};
  const own = saidOf(withoutEmpty(settings), written.positionOf) as SaidMap;
  const twice = [...defaults.entries()].filter(([, text]) => at(own, pathOf(text)) !== undefined);
  return {
    ...written,
    said: defaults.reduce((map, text, index) => {
      const position = written.positionOf(["defaults", String(index)]);
      return withSaid(map, pathOf(text), { kind: "default", position });
    }, own),
    extends: typeof lower === "string" ? [lower] : lower,
    locks: locksIn(locked, (key) => written.positionOf(["locked", key])),
    mistakes: [
      ...mistakes,
      ...wrong,
      ...twice.map(([index, text]) => ({
        path: "mlstack:defaults",
        message: `names ${text}, which this file also sets; keep one of the two`,
        position: written.positionOf(["defaults", String(index)]),
      })),
    ],
  };
}

function locksIn(locked: NonNullable<LayerKeys["locked"]>, positionOf: (key: string) => Position | undefined): Lock[] {
  const entries: [string, string, Range | true][] = Array.isArray(locked)
    ? locked.map((text, index) => [text, String(index), true])
    : Object.entries(locked).map(([text, range]) => [text, text, range]);
  return entries.map(([text, key, range]) => ({
    path: pathOf(text),
    range: range === true ? undefined : range,
    position: positionOf(key),
  }));
}

/** Pulumi writes a key with nothing behind it as an empty text, which no setting is. */
function withoutEmpty(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, value === "" ? null : value]));
}

function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
