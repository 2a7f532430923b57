import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";

import type { Mistake } from "../components/workload/index.ts";
import { valueAt } from "../components/workload/values.ts";
import { NAMESPACE, setCommand } from "./check.ts";
import { isEncrypted, type SecretPlace, secretsIn } from "./secrets.ts";

/** The file of settings that was given to Pulumi in the place of the project's own, if any. */
const FILE = "MLSTACK_STACK_FILE";

/** Values by key below `mlstack:`, and the keys of the project's own namespace, which nothing reads. */
export function givenValues(): { values: Record<string, unknown>; foreign: Mistake[] } {
  // The language host of a stack without settings may say "null", on which the SDK fails.
  if (process.env["PULUMI_CONFIG"] === "null") process.env["PULUMI_CONFIG"] = "{}";
  const values: Record<string, unknown> = {};
  const foreign: Mistake[] = [];
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

/** The machine's base image goes before the file's. */
export function withBaseImage(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const local = process.env["MLSTACK_BASE_IMAGE"];
  return local === undefined ? { ...given } : { ...given, baseImage: local };
}

/** Secrets that the stack's own file holds unencrypted; no message shows one. */
export async function openSecrets(values: Readonly<Record<string, unknown>>, places: readonly SecretPlace[]): Promise<Mistake[]> {
  const held = secretsIn(values, places).filter(({ value, mark }) => typeof value === "string" && mark.open?.(value) !== true);
  if (held.length === 0) return [];
  const encrypted = encryptedKeys();
  const written = await fileValues();
  return held.flatMap(({ path }) => {
    const hidden = encrypted.has(`${NAMESPACE}:${path[0]}`) && (written === undefined || isEncrypted(valueAt(written, path)));
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
