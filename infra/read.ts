import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

import * as w from "../components/workload/index.ts";
import { movedSettings } from "./moved.ts";
import { isEncrypted, replaceSecrets, type SecretPlace, secretPlaces, secretsIn } from "./secrets.ts";

/** What all keys of mlstack in a stack file begin with, whatever the project is called. */
export const NAMESPACE = "mlstack";

/** The file of settings that was given to Pulumi in the place of the project's own, if any. */
const FILE = "MLSTACK_STACK_FILE";

/**
 * Reads and checks the settings of the current stack.
 *
 * @returns the settings with every default filled in, and every secret as a secret Output
 * @throws pulumi.RunError with every mistake of the file at once; nothing is registered before.
 */
export async function readSettings<S extends z.ZodType>(schema: S): Promise<z.output<S>> {
  const { values, foreign } = givenValues();
  const places = secretPlaces(schema);
  const { settings, mistakes } = checkSettings(schema, withBaseImage(values));
  const all = [...foreign, ...mistakes, ...(await openSecrets(values, places))];
  if (all.length > 0 || settings === undefined) throw new pulumi.RunError(describe(fileName(), all));
  return replaceSecrets(settings, places, ({ value }) => pulumi.secret(value));
}

/** Settings, or what is wrong with them. Paths begin with `mlstack:`. */
export function checkSettings<S extends z.ZodType>(
  schema: S,
  values: Readonly<Record<string, unknown>>,
): { settings: z.output<S> | undefined; mistakes: w.Mistake[] } {
  const moved = movedSettings(values);
  const result = schema.safeParse(moved.rest, { reportInput: true });
  const missing = result.success ? [] : missingIn(schema, moved.rest, result.error);
  const found = result.success ? [] : w.mistakesOf(result.error).map((mistake) => withRemedy(mistake, missing));
  const mistakes = [...moved.mistakes, ...found].map(({ path, message }) => ({ path: path === "" ? "" : `${NAMESPACE}:${path}`, message }));
  return { settings: result.success ? result.data : undefined, mistakes };
}

/**
 * Which secrets a stack file must be given before it can be deployed, e.g. `mlstack:tracking.admin.password`.
 *
 * @param config the file's `config`, as it is written: secrets encrypted
 */
export function missingSecrets(schema: z.ZodType, config: Readonly<Record<string, unknown>>): string[] {
  const values = Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => (key.startsWith(`${NAMESPACE}:`) ? [[key.slice(NAMESPACE.length + 1), value]] : [])),
  );
  const places = secretPlaces(schema);
  // An encrypted value cannot be read here: it passes every rule, as an Output does.
  const result = schema.safeParse(replaceSecrets(values, places, ({ value }) => (isEncrypted(value) ? Promise.resolve("") : value)));
  return result.success ? [] : missingIn(schema, values, result.error).map((path) => `${NAMESPACE}:${path}`);
}

/** Places of secrets that are required and not there, without the namespace. */
function missingIn(schema: z.ZodType, values: unknown, error: z.ZodError): string[] {
  const places = secretPlaces(schema);
  const absent = error.issues.filter(({ path }) => at(values, path) === undefined);
  return absent.filter(({ path }) => places.some((place) => matches(place.path, path))).map(({ path }) => path.join("."));
}

/** Reports a missing secret with the command that sets it. */
function withRemedy(mistake: w.Mistake, missing: readonly string[]): w.Mistake {
  if (!missing.includes(mistake.path)) return mistake;
  return { ...mistake, message: `is required; \`npm start\` generates it, or set it with \`${setCommand(mistake.path)}\`` };
}

function setCommand(path: string): string {
  return `npm run pulumi -- config set --secret --path '${NAMESPACE}:${path}'`;
}

function at(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined), values);
}

function matches(pattern: readonly string[], path: readonly PropertyKey[]): boolean {
  return pattern.length === path.length && pattern.every((key, index) => key === "*" || key === path[index]);
}

/** Values by key below `mlstack:`, and the keys of the project's own namespace, which nothing reads. */
function givenValues(): { values: Record<string, unknown>; foreign: w.Mistake[] } {
  // The language host of a stack without settings may say "null", on which the SDK fails.
  if (process.env["PULUMI_CONFIG"] === "null") process.env["PULUMI_CONFIG"] = "{}";
  const values: Record<string, unknown> = {};
  const foreign: w.Mistake[] = [];
  const project = pulumi.getProject();
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    if (key.startsWith(`${NAMESPACE}:`)) values[key.slice(NAMESPACE.length + 1)] = parsedValue(value);
    else if (key.startsWith(`${project}:`))
      foreign.push({ path: key, message: `is read by nothing; settings begin with ${NAMESPACE}: in every project` });
  }
  return { values, foreign };
}

/** What is not text comes as JSON. */
function parsedValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function withBaseImage(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const local = process.env["MLSTACK_BASE_IMAGE"];
  return local === undefined ? { ...given } : { ...given, baseImage: local };
}

/** Secrets that the stack file holds unencrypted; no message shows one. */
async function openSecrets(values: Readonly<Record<string, unknown>>, places: readonly SecretPlace[]): Promise<w.Mistake[]> {
  const held = secretsIn(values, places).filter(({ value, mark }) => typeof value === "string" && mark.open?.(value) !== true);
  if (held.length === 0) return [];
  const encrypted = encryptedKeys();
  const written = await fileValues();
  return held.flatMap(({ path }) => {
    const hidden = encrypted.has(`${NAMESPACE}:${path[0]}`) && (written === undefined || isEncrypted(at(written, path)));
    if (hidden) return [];
    const place = path.join(".");
    return [{ path: `${NAMESPACE}:${place}`, message: `must be encrypted; set it with \`${setCommand(place)}\`` }];
  });
}

/** Keys that hold something encrypted. The language host reports whole keys, not the places in them. */
function encryptedKeys(): ReadonlySet<unknown> {
  const keys: unknown = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]");
  return new Set(Array.isArray(keys) ? keys : []);
}

/** The stack file as it is written, by key below `mlstack:`; undefined where it cannot be read from here. */
async function fileValues(): Promise<Record<string, unknown> | undefined> {
  const path = process.env[FILE] ?? join(pulumi.getRootDirectory(), `Pulumi.${pulumi.getStack()}.yaml`);
  if (!existsSync(path)) return undefined;
  // Loaded where there is a secret to look at, since every preview would wait for it.
  const { parse } = await import("yaml");
  const file: { config?: Record<string, unknown> } | null = parse(readFileSync(path, "utf8"));
  const config = file?.config ?? {};
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(`${NAMESPACE}:`, ""), value]));
}

function fileName(): string {
  return `Pulumi.${pulumi.getStack()}.yaml`;
}

function describe(file: string, mistakes: readonly w.Mistake[]): string {
  return `${file}: ${w.count(mistakes.length, "mistake")}; nothing was changed\n${w.mistakeLines(mistakes)}\n  infra/stack.schema.json describes every key.`;
}
