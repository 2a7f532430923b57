/** Where a file says something: lines and columns from 1. */
export interface Position {
  /** As messages name it, e.g. `layers/eu.yaml`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * What a layer says at one place: settings by key, a value (a scalar, or a list, which is never merged), `absent` (written
 * `null`: what is declared below is not here), or `default` (named in `mlstack:defaults`: as if no layer said anything).
 */
export type Said = SaidMap | SaidValue | SaidAbsent | SaidDefault;

export interface SaidMap {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Said>;
  /** Whether nothing that lower layers say at this place counts any more. */
  readonly fresh: boolean;
  readonly position: Position | undefined;
}

export interface SaidValue {
  readonly kind: "value";
  readonly value: unknown;
  readonly position: Position | undefined;
}

interface SaidAbsent {
  readonly kind: "absent";
  readonly position: Position | undefined;
}

interface SaidDefault {
  readonly kind: "default";
  readonly position: Position | undefined;
}

/** A layer that says nothing. */
export const SILENCE: SaidMap = { kind: "map", entries: new Map(), fresh: false, position: undefined };

/**
 * Both layers as one: maps by key, anything else of the upper one in the place of the lower. Associative, so that a chain of
 * layers has one meaning however it is cut; a layer that repeats what the lower says changes nothing.
 */
export function merge(lower: SaidMap, upper: SaidMap): SaidMap;
export function merge(lower: Said, upper: Said): Said;
export function merge(lower: Said, upper: Said): Said {
  if (upper.kind !== "map" || upper.fresh) return upper;
  // Once removed or replaced, a part begins again from its defaults.
  if (lower.kind !== "map") return { ...upper, fresh: true };
  const entries = new Map(lower.entries);
  for (const [key, said] of upper.entries) {
    const before = lower.entries.get(key);
    entries.set(key, before === undefined ? said : merge(before, said));
  }
  return { ...upper, entries, fresh: lower.fresh };
}

/** What plain settings say, with `null` for what is absent. @param positionOf where the value at a path is written */
export function saidOf(value: unknown, positionOf: (path: Path) => Position | undefined = () => undefined, path: Path = []): Said {
  const position = positionOf(path);
  if (value === null) return { kind: "absent", position };
  if (!isMap(value)) return { kind: "value", value, position };
  const entries = Object.entries(value).map(([key, inner]) => [key, saidOf(inner, positionOf, [...path, key])] as const);
  return { kind: "map", entries: new Map(entries), fresh: false, position };
}

/** Keys from the outside in. A list is a value: no path leads into one. */
export type Path = readonly string[];

/** The plain settings of what is said; what is absent or at its default is not in them. */
export function plainOf(said: SaidMap): Record<string, unknown>;
export function plainOf(said: Said): unknown;
export function plainOf(said: Said): unknown {
  if (said.kind === "value") return said.value;
  if (said.kind !== "map") return undefined;
  const entries = [...said.entries].flatMap(([key, inner]) =>
    inner.kind === "map" || inner.kind === "value" ? [[key, plainOf(inner)] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** What is said at a path itself; undefined where it is said of nothing, or of something around it. */
export function at(said: Said, path: Path): Said | undefined {
  return path.reduce<Said | undefined>((inner, key) => (inner?.kind === "map" ? inner.entries.get(key) : undefined), said);
}

/** The same settings with `said` at a path, in the place of what they say there. */
export function withSaid(map: SaidMap, [key, ...rest]: Path, said: Said): SaidMap {
  if (key === undefined) return map;
  const inner = map.entries.get(key);
  const next = rest.length === 0 ? said : withSaid(inner?.kind === "map" ? inner : SILENCE, rest, said);
  return { ...map, entries: new Map(map.entries).set(key, next) };
}

/** Every place at which something is said that is no map, or an empty one. */
export function leaves(said: Said, path: Path = []): { readonly path: Path; readonly said: Said }[] {
  if (said.kind !== "map" || said.entries.size === 0) return path.length === 0 && said.kind === "map" ? [] : [{ path, said }];
  return [...said.entries].flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** An encrypted value is one value, though it is written as a map. */
function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("secure" in value && Object.keys(value).length === 1);
}
