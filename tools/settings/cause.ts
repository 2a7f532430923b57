import { isDeepStrictEqual } from "node:util";

import { withValue } from "../../infra/layers/plain.ts";
import { leaves, type Path, saidOf } from "../../infra/layers/said.ts";
import { emptyPlatform } from "../../infra/platform.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { Problem } from "../lib/problem.ts";
import type { Stack } from "../setup/stack.ts";
import { declareStack } from "./declared.ts";
import { fieldOf, namesOf, sameResource } from "./fields.ts";
import { type Registration, recorded } from "./recording.ts";

/** Where a field of a container or object comes from. */
export interface Cause {
  /** The resource as the program names it, e.g. `Container api-0`. */
  readonly resource: string;
  readonly field: string;
  readonly value: unknown;
  /** Settings that decide over it: with another value of one, the field is another. Empty where it follows from the program alone. */
  readonly settings: readonly Path[];
}

/**
 * Finds the settings behind a field by trying: each setting gets another value that is right, and those with which the program
 * makes another field are its causes. No second copy of what components and adapters do is needed for it, or can be wrong.
 *
 * @param values the stack's settings with every default · @throws Problem where there is no such resource or field
 */
export async function causesOf(stack: Stack, values: Readonly<Record<string, unknown>>, name: string, field: string): Promise<Cause> {
  const before = await registrationsWith(stack, values);
  const called = before.filter((one) => namesOf(one).includes(name));
  const found = called.find(({ inputs }) => fieldOf(inputs, field) !== undefined);
  if (found === undefined) throw new Problem(called.length === 0 ? nothingCalled(name, before) : noField(name, field, called));
  const value = fieldOf(found.inputs, field);
  const resource = `${found.type.split(":").at(-1)} ${found.name}`;
  const again = (await registrationsWith(stack, values)).find((one) => sameResource(one, found));
  // A generated secret: another one in each run, whatever the settings are.
  if (again === undefined || !isDeepStrictEqual(fieldOf(again.inputs, field), value))
    return { resource, field, value: "(generated)", settings: [] };
  const settings: Path[] = [];
  for (const { path, said } of leaves(saidOf(plainOf(values)))) {
    if (said.kind !== "value") continue;
    const other = otherSettings(values, path, said.value);
    if (other === undefined) continue;
    const after = await registrationsWith(stack, other).catch((error: unknown) => {
      // Another value may be right in itself, and refused beside the others.
      if (error instanceof Problem) return undefined;
      throw error;
    });
    const same = after?.find((one) => sameResource(one, found));
    if (same !== undefined && !isDeepStrictEqual(fieldOf(same.inputs, field), value)) settings.push(path);
  }
  return { resource, field, value, settings };
}

async function registrationsWith(stack: Stack, values: Readonly<Record<string, unknown>>): Promise<Registration[]> {
  const given: StackSettings = stackSettings.parse(values);
  const all = await recorded(
    stack,
    async () => {
      await declareStack(given, emptyPlatform);
    },
    { open: true },
  );
  // Components are no part of a target.
  return all.filter(({ type }) => !/^(mlstack|pulumi):/.test(type));
}

/** The settings with another value at a path; undefined where no other one is right. */
function otherSettings(values: Readonly<Record<string, unknown>>, path: Path, value: unknown): Record<string, unknown> | undefined {
  return othersFor(value)
    .map((other) => withValue(values, path, other))
    .find((other) => stackSettings.safeParse(other).success);
}

/** Values of the same form as one. */
function othersFor(value: unknown): unknown[] {
  if (typeof value === "boolean") return [!value];
  if (typeof value === "number") return [value + 1, value - 1, value / 2];
  if (typeof value !== "string") return [];
  return [
    value.replace(/\d+/, (digits) => String(Number(digits) + 1)),
    `${value}-other`,
    `${value}x`,
    ...["INFO", "WARNING", "redis", "parquet", "sqlite", "file", "docker", "node-port", "load-balancer"],
    "172.31.0.0/16",
    "10.9.8.7",
  ].filter((other) => other !== value);
}

function plainOf(values: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(JSON.stringify(values));
}

function noField(name: string, field: string, called: readonly Registration[]): string {
  const fields = called.map(({ type, inputs }) => `${type.split(":").at(-1)}: ${Object.keys(inputs).join(", ")}`);
  return `${name} has no field "${field}" (${fields.join("; ")}); a variable is env.NAME, a path goes in by dots`;
}

function nothingCalled(name: string, all: readonly Registration[]): string {
  const names = [...new Set(all.flatMap((one) => namesOf(one).slice(0, 1)))].sort();
  return `the stack has nothing called "${name}"; it has ${names.join(", ")}`;
}
