import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

import { type SecretMark, secretMark } from "./secret-text.ts";

/** A place of the settings that holds a secret: keys from the outside in, `*` for any key of a map or place of a list. */
export interface SecretPlace {
  readonly path: readonly string[];
  readonly mark: SecretMark;
}

/** By schema: every spec is checked for secrets, by one of a few dozen schemas, none of which ever changes. */
const known = new WeakMap<z.core.$ZodType, readonly SecretPlace[]>();

/** Every place of a schema that is marked as secret. */
export function secretPlaces(schema: z.core.$ZodType): readonly SecretPlace[] {
  const found = known.get(schema) ?? placesIn(schema, []);
  known.set(schema, found);
  return found;
}

function placesIn(schema: z.core.$ZodType, path: readonly string[]): SecretPlace[] {
  const mark = secretMark(schema);
  if (mark !== undefined) return [{ path, mark }];
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object":
      return Object.entries(def.shape).flatMap(([key, value]) => placesIn(value, [...path, key]));
    case "record":
      return placesIn(def.valueType, [...path, "*"]);
    case "array":
      return placesIn(def.element, [...path, "*"]);
    case "union":
      return def.options.flatMap((option) => placesIn(option, path));
    case "pipe":
      return placesIn(def.in, path);
    case "optional":
    case "default":
    case "prefault":
    case "nullable":
    case "readonly":
      return placesIn(def.innerType, path);
    default:
      return [];
  }
}

/** A secret that settings hold: where, and its value. */
export interface Held {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly mark: SecretMark;
}

/** The secrets that `values` hold at `places`. */
export function secretsIn(values: unknown, places: readonly SecretPlace[]): Held[] {
  return places.flatMap(({ path, mark }) => heldAt(values, path, []).map((held) => ({ ...held, mark })));
}

function heldAt(value: unknown, [key, ...rest]: readonly string[], at: readonly string[]): Omit<Held, "mark">[] {
  // A union may have a list or a map where it also has the secret itself.
  const whole = pulumi.Output.isInstance(value) || value instanceof Promise || isEncrypted(value);
  if (key === undefined) return value === undefined || (typeof value === "object" && !whole) ? [] : [{ path: at, value }];
  if (typeof value !== "object" || value === null || whole) return [];
  const keys = key === "*" ? Object.keys(value) : key in value ? [key] : [];
  return keys.flatMap((one) => heldAt(Reflect.get(value, one), rest, [...at, one]));
}

/** Whether a value of a stack file is encrypted by Pulumi. */
export function isEncrypted(value: unknown): value is { readonly secure: string } {
  return typeof value === "object" && value !== null && Object.keys(value).length === 1 && "secure" in value;
}

/** A copy of `values` with every one of the secrets replaced. */
export function replaceSecrets<T>(values: T, places: readonly SecretPlace[], replace: (held: Held) => unknown): T {
  const copy = structuredClonePlain(values);
  for (const held of secretsIn(values, places)) {
    const last = held.path.at(-1) ?? "";
    const holder = held.path.slice(0, -1).reduce<unknown>((inner, key) => Reflect.get(inner as object, key), copy);
    Reflect.set(holder as object, last, replace(held));
  }
  return copy;
}

/** A deep copy of plain maps and lists; everything else (Outputs, class instances) is shared. */
function structuredClonePlain<T>(value: T): T {
  if (Array.isArray(value)) return value.map(structuredClonePlain) as T;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, structuredClonePlain(inner)])) as T;
}
