import type { z } from "zod";

import * as w from "../components/workload/index.ts";
import { valueAt } from "../components/workload/values.ts";
import type { Layer, PlacedMistake } from "./layers/layer.ts";
import { pathOf, textOf } from "./layers/path.ts";
import { withValue } from "./layers/plain.ts";
import type { Resolved } from "./layers/resolve.ts";
import { type Path, plainOf, at as saidAt } from "./layers/said.ts";
import { keysAt, settingAt } from "./layers/setting.ts";
import { movedSettings } from "./moved.ts";
import { isEncrypted, replaceSecrets, type SecretPlace, secretPlaces, secretsIn } from "./secrets.ts";

/** What all keys of mlstack in a stack file begin with, whatever the project is called. */
export const NAMESPACE = "mlstack";

/**
 * Settings of a stack with its layers, or everything that is wrong with them.
 *
 * @param complete fills in what does not come from a file, e.g. the machine's base image
 */
export function checkResolved<S extends z.ZodType>(
  schema: S,
  { values, layers, inheritedSecrets, mistakes }: Resolved,
  complete: (values: Readonly<Record<string, unknown>>) => Record<string, unknown> = (given) => ({ ...given }),
): { settings: z.output<S> | undefined; mistakes: PlacedMistake[] } {
  // What is inherited encrypted is reported as that, and not as missing as well.
  const known = inheritedSecrets.reduce((map, path) => withValue(map, path, Promise.resolve("")), values);
  const checked = checkSettings(schema, complete(known));
  const all = [
    ...mistakes,
    ...checked.mistakes,
    ...inheritedSecrets.map((path) => inherited(path, layers)),
    ...layers.slice(0, -1).flatMap((layer) => openInLayer(layer, secretPlaces(schema))),
  ];
  return { settings: all.length === 0 ? checked.settings : undefined, mistakes: all };
}

function inherited(path: Path, layers: readonly Layer[]): PlacedMistake {
  const place = textOf(path);
  const from = layers.findLast(({ said }) => saidAt(said, path) !== undefined);
  return {
    path: `${NAMESPACE}:${place}`,
    message: `is encrypted in ${from?.file ?? "a layer"} with the key of another stack, which this one cannot read; \`npm start\` generates a password or key, or set it with \`${setCommand(place)}\`, or take it away with null`,
  };
}

/** Secrets that a layer holds in plain text: every stack needs one of its own. */
function openInLayer(layer: Layer, places: readonly SecretPlace[]): PlacedMistake[] {
  return openIn(
    layer,
    places,
    (command) => `is a secret, which no layer may hold; remove it there, and set it for the stack with \`${command}\``,
  );
}

function openIn(layer: Layer, places: readonly SecretPlace[], sentence: (command: string) => string): PlacedMistake[] {
  return secretsIn(plainOf(layer.said), places).flatMap(({ path, value, mark }) => {
    if (typeof value !== "string" || mark.open?.(value) === true) return [];
    const place = textOf(path);
    return [{ path: `${NAMESPACE}:${place}`, message: sentence(setCommand(place)), position: layer.positionOf(path) }];
  });
}

/**
 * The same where only files are read and nothing can be decrypted: without an engine, a cluster or a password.
 *
 * @param secret what takes the place of an encrypted value, and of a secret that the stack lacks
 * @returns the lacking secrets apart, by path: they are set on the machine that deploys
 */
export function checkFiles<S extends z.ZodType>(
  schema: S,
  resolved: Resolved,
  secret: unknown = Promise.resolve(""),
): { settings: z.output<S> | undefined; mistakes: PlacedMistake[]; missing: string[] } {
  const places = secretPlaces(schema);
  const missing = missingSecrets(schema, resolved);
  const paths = missing.map((path) => pathOf(path));
  const encrypted = replaceSecrets(resolved.values, places, ({ value }) => (isEncrypted(value) ? secret : value));
  const values = paths.reduce((map, path) => withValue(map, path, secret), decrypted(encrypted, secret));
  const isMissing = (path: Path) => paths.some((one) => textOf(one) === textOf(path));
  const inheritedSecrets = resolved.inheritedSecrets.filter((path) => !isMissing(path));
  const checked = checkResolved(schema, { ...resolved, values, inheritedSecrets });
  const own = resolved.layers.at(-1);
  const open = own === undefined ? [] : openIn(own, places, (command) => `must be encrypted; set it with \`${command}\``);
  const mistakes = [...checked.mistakes, ...open];
  return { settings: mistakes.length === 0 ? checked.settings : undefined, mistakes, missing };
}

/** The same values with `secret` for whatever is encrypted, also where no setting is marked as one. */
function decrypted(value: Record<string, unknown>, secret: unknown): Record<string, unknown> {
  const of = (inner: unknown): unknown => {
    if (isEncrypted(inner)) return typeof secret === "string" ? secret : "";
    if (Array.isArray(inner)) return inner.map(of);
    if (typeof inner !== "object" || inner === null || inner instanceof Promise) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, of(one)]));
  };
  return of(value) as Record<string, unknown>;
}

/** Settings, or what is wrong with them. Paths begin with `mlstack:`. */
export function checkSettings<S extends z.ZodType>(
  schema: S,
  values: Readonly<Record<string, unknown>>,
): { settings: z.output<S> | undefined; mistakes: w.Mistake[] } {
  const moved = movedSettings(values);
  const result = schema.safeParse(moved.rest, { reportInput: true });
  const missing = result.success ? [] : missingIn(schema, moved.rest, result.error);
  const found = result.success ? [] : w.mistakesOf(result.error).map((mistake) => withRemedy(schema, mistake, missing));
  const mistakes = [...moved.mistakes, ...found].map(({ path, ...rest }) => ({
    ...rest,
    path: path === "" ? "" : `${NAMESPACE}:${path}`,
  }));
  return { settings: result.success ? result.data : undefined, mistakes };
}

/** Which secrets a stack must be given before it can be deployed, e.g. `mlstack:tracking.admin.password`. */
export function missingSecrets(schema: z.ZodType, { values, inheritedSecrets }: Pick<Resolved, "values" | "inheritedSecrets">): string[] {
  const places = secretPlaces(schema);
  // An encrypted value cannot be read here: it passes every rule, as an Output does.
  const result = schema.safeParse(replaceSecrets(values, places, ({ value }) => (isEncrypted(value) ? Promise.resolve("") : value)));
  const required = result.success ? [] : missingIn(schema, values, result.error);
  const another = inheritedSecrets.filter((path) => places.some((place) => matches(place.path, path))).map(textOf);
  return [...new Set([...required, ...another])].map((path) => `${NAMESPACE}:${path}`);
}

/** Places of secrets that are required and not there, without the namespace. */
function missingIn(schema: z.ZodType, values: unknown, error: z.ZodError): string[] {
  const places = secretPlaces(schema);
  const absent = error.issues.filter(({ path }) => valueAt(values, path) === undefined);
  return absent.filter(({ path }) => places.some((place) => matches(place.path, path))).map(({ path }) => path.join("."));
}

/** Reports a missing secret with the command that sets it, and a missing map with what must be in it. */
function withRemedy(schema: z.ZodType, mistake: w.Mistake, missing: readonly string[]): w.Mistake {
  if (!missing.includes(mistake.path)) return mistake.message === "is required (an object)" ? withKeys(schema, mistake) : mistake;
  const generated = isIssued(schema, mistake.path) ? "" : "`npm start` generates it, or ";
  return { ...mistake, message: `is required; ${generated}set it with \`${setCommand(mistake.path)}\`` };
}

function withKeys(schema: z.ZodType, mistake: w.Mistake): w.Mistake {
  const path = pathOf(mistake.path);
  const needed = keysAt(schema, path).filter((key) => {
    const setting = settingAt(schema, [...path, key]);
    return setting?.removable === false && setting.default === undefined;
  });
  return needed.length === 0 ? mistake : { ...mistake, message: `is required: a map with ${needed.join(" and ")}` };
}

/** Whether another party issues a secret, so that none can be generated. @param path with or without the namespace */
export function isIssued(schema: z.ZodType, path: string): boolean {
  const place = path.replace(`${NAMESPACE}:`, "").split(".");
  return secretPlaces(schema).some(({ path, mark }) => mark.issued === true && matches(path, place));
}

/** The command that sets a secret. @param path without the namespace */
export function setCommand(path: string): string {
  return `npm run pulumi -- config set --secret --path '${NAMESPACE}:${path}'`;
}

function matches(pattern: readonly string[], path: readonly PropertyKey[]): boolean {
  return pattern.length === path.length && pattern.every((key, index) => key === "*" || key === path[index]);
}
