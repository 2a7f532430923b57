import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";

import { duration, memory, quoted, secretMark, toBytes, toMilliseconds } from "../../components/workload/index.ts";
import { chainOf, type Files, mergedOf } from "./chain.ts";
import type { Layer, Lock, PlacedMistake } from "./layer.ts";
import type { Range } from "./layer-keys.ts";
import { textOf } from "./path.ts";
import { at, leaves, type Path, type Position, plainOf, type Said } from "./said.ts";
import { settingAt } from "./setting.ts";

/**
 * Settings that go beyond a lock, each with both places. What is locked is the value in the chain of the layer that locks it:
 * no other layer can open it, wherever it comes in the list of a file that extends both.
 *
 * @param layers of a stack, lowest first
 */
export function lockMistakes(layers: readonly Layer[], files: Files, schema: z.core.$ZodType): PlacedMistake[] {
  const final = mergedOf(layers);
  return layers.flatMap((layer) => {
    if (layer.locks.length === 0) return [];
    const chain = chainOf(layer, files).layers;
    const others = layers.filter((one) => !chain.some(({ file }) => file === one.file)).reverse();
    return layer.locks.flatMap((lock) => {
      const standard = settingAt(schema, lock.path)?.default;
      const now = plainAt(final, lock.path) ?? standard;
      const isSecret = secretMark(settingAt(schema, lock.path)?.declared ?? schema) !== undefined;
      const message =
        lock.range === undefined ? changed(plainAt(mergedOf(chain), lock.path) ?? standard, now, isSecret) : beyond(lock.range, now);
      if (message === undefined) return [];
      const offender = others.map((one) => placeOf(one, lock.path)).find((place) => place !== undefined) ?? { position: lock.position };
      return [{ path: `mlstack:${textOf(lock.path)}`, message: `${message} by ${written(layer, lock)}`, position: offender.position }];
    });
  });
}

function plainAt(said: Said, path: Path): unknown {
  const found = at(said, path);
  return found === undefined ? undefined : plainOf(found);
}

function changed(locked: unknown, now: unknown, isSecret: boolean): string | undefined {
  if (isDeepStrictEqual(locked, now)) return undefined;
  // A part may hold a secret.
  if (isSecret || typeof locked === "object" || typeof now === "object") return "must stay as it is there; it is locked";
  return `must stay ${quoted(locked)}, got ${quoted(now)}; it is locked`;
}

function beyond({ min, max, oneOf }: Range, now: unknown): string | undefined {
  if (oneOf !== undefined && !oneOf.some((one) => one === now)) {
    return `must be ${oneOf.map(quoted).join(" or ")}, got ${quoted(now)}; it is limited`;
  }
  const size = sizeOf(now);
  const most = sizeOf(max);
  const least = sizeOf(min);
  if (most !== undefined && !(size !== undefined && size <= most)) return `must be at most ${max}, got ${quoted(now)}; it is limited`;
  if (least !== undefined && !(size !== undefined && size >= least)) return `must be at least ${min}, got ${quoted(now)}; it is limited`;
  return undefined;
}

/** A number, an amount of memory in bytes, or a time in milliseconds. */
function sizeOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const amount = memory.safeParse(value);
  if (amount.success) return toBytes(amount.data);
  const time = duration.safeParse(value);
  return time.success ? toMilliseconds(time.data) : undefined;
}

/** Where a layer says something of a path: at it, around it, or below it. */
function placeOf({ said }: Layer, path: Path): { readonly position: Position | undefined } | undefined {
  for (let depth = 1; depth <= path.length; depth++) {
    const found = at(said, path.slice(0, depth));
    if (found === undefined) return undefined;
    if (found.kind !== "map") return found;
  }
  const inside = at(said, path);
  return inside === undefined ? undefined : (leaves(inside)[0]?.said ?? inside);
}

function written({ file }: Layer, { position }: Lock): string {
  return position === undefined ? file : `${position.file}:${position.line}:${position.column}`;
}
