import { z } from "zod";

import { quoted } from "./mistakes.ts";

/** An amount of memory or storage in binary units: `"512Mi"`, `"4Gi"`. */
export type Memory = `${number}${MemoryUnit}`;
/** A span of time: `"500ms"`, `"30s"`, `"5m"`, `"1h"`. */
export type Duration = `${number}${DurationUnit}`;
/** Processor time: whole or part cores (`2`, `0.5`) or millicores (`"500m"`). */
export type Cpu = number | `${number}m`;

type MemoryUnit = keyof typeof BYTES;
type DurationUnit = keyof typeof MILLISECONDS;

const BYTES = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 } as const;
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Memory as a schema; refuses decimal units (`4GB`), because their meaning differs between tools. */
export const memory = z
  .templateLiteral([z.number(), z.enum(["Ki", "Mi", "Gi", "Ti"])], {
    error: ({ input }) => `must be an amount with the unit Ki, Mi, Gi or Ti, ${memoryHint(input)}`,
  })
  .refine((value) => toBytes(value) > 0, { error: ({ input }) => `must be more than 0, got ${quoted(input)}` });

/** Whether a string is an amount of memory. */
export function isMemory(value: string): value is Memory {
  return memory.safeParse(value).success;
}

/** A time span as a schema. */
export const duration = z
  .templateLiteral([z.number(), z.enum(["ms", "s", "m", "h"])], {
    error: ({ input }) => `must be a time with the unit ms, s, m or h, ${durationHint(input)}`,
  })
  .refine((value) => toMilliseconds(value) >= 0, { error: ({ input }) => `must not be negative, got ${quoted(input)}` });

/** Processor time as a schema. */
export const cpu = z
  .union([z.number(), z.templateLiteral([z.number(), "m"])], {
    error: ({ input }) => `must be cores, for example 2 or 0.5, or millicores, for example "500m", got ${quoted(input)}`,
  })
  .refine((value) => toMillicores(value) >= 10, {
    error: ({ input }) => `must be at least 10 millicores ("10m"), got ${quoted(input)}`,
  });

/** Bytes in an amount of memory. */
export function toBytes(value: Memory): number {
  return split(value, BYTES);
}

/** Mebibytes in an amount of memory, rounded up. */
export function toMebibytes(value: Memory): number {
  return Math.ceil(toBytes(value) / BYTES.Mi);
}

/** Milliseconds in a time span. */
export function toMilliseconds(value: Duration): number {
  return split(value, MILLISECONDS);
}

/** Seconds in a time span, rounded up. */
export function toSeconds(value: Duration): number {
  return Math.ceil(toMilliseconds(value) / 1000);
}

/** Thousandths of a core. */
export function toMillicores(value: Cpu): number {
  return Math.round(typeof value === "number" ? value * 1000 : Number(value.slice(0, -1)));
}

function split(value: string, factors: Readonly<Record<string, number>>): number {
  const [, amount, unit] = /^(-?[\d.]+)([A-Za-z]+)$/.exec(value) ?? [];
  return Number(amount) * (factors[unit ?? ""] ?? Number.NaN);
}

/** What the user probably means: `"4GB"` or `"4 Gi"` → `"4Gi"`. */
function memoryHint(input: unknown): string {
  const [, amount, prefix] = /^([\d.]+)\s*([kmgt])i?b?$/i.exec(String(input)) ?? [];
  const example = prefix === undefined ? '"512Mi"' : `"${amount}${prefix.toUpperCase()}i"`;
  return `for example ${example}, got ${quoted(input)}`;
}

/** What the user probably means: `"5 min"` → `"5m"`. */
function durationHint(input: unknown): string {
  const [, amount, unit] = /^([\d.]+)\s*(ms|s|m|h|sec|min|hours?|minutes?|seconds?)$/i.exec(String(input)) ?? [];
  const own = unit?.toLowerCase() === "ms" ? "ms" : unit?.charAt(0).toLowerCase();
  return `for example ${own === undefined ? '"30s"' : `"${amount}${own}"`}, got ${quoted(input)}`;
}
