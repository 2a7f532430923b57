import { z } from "zod";

import { duration, isMemory, toBytes, toMilliseconds } from "./units.ts";

/**
 * What a change of a setting may mean beside what becomes of containers: the setting `protects`, so that without it, or with
 * less of it, something is weaker; it `opens` a way for more callers; it names the `place` of data, which do not move; less of it
 * `loses` data; it gives a `right`.
 */
export interface Risk {
  readonly kind: "protects" | "opens" | "place" | "loses" | "right";
  /** What a sentence calls it: `the rate limit`; of what `loses` data, what becomes of them. */
  readonly what: string;
  /** Whether the second value is worse than the first; undefined stands for an absent one. */
  worse(before: unknown, after: unknown): boolean;
}

const risks = z.registry<Risk>();

/** Marks a setting with what its change may mean. It has to be the outermost schema of the setting. */
export function risky<S extends z.ZodType>(schema: S, risk: Risk): S {
  risks.add(schema, risk);
  return schema;
}

/** The mark of a setting. */
export function riskOf(schema: z.core.$ZodType): Risk | undefined {
  return risks.get(schema as z.ZodType);
}

/** A setting without which a protection is gone. @param weaker whether another value protects less */
export function protects<S extends z.ZodType>(
  schema: S,
  what: string,
  weaker: (before: unknown, after: unknown) => boolean = () => false,
): S {
  return risky(schema, {
    kind: "protects",
    what,
    worse: (before, after) => isThere(before) && (!isThere(after) || weaker(before, after)),
  });
}

/** A setting that lets more callers in: a further entry of its list, or its presence. */
export function opens<S extends z.ZodType>(schema: S, what: string): S {
  return risky(schema, { kind: "opens", what, worse: hasMore });
}

/** A setting that says where data are. @param leaves whether data stay behind */
export function placeOfData<S extends z.ZodType>(
  schema: S,
  what: string,
  leaves: (before: unknown, after: unknown) => boolean = (before, after) => before !== undefined && !isSame(before, after),
): S {
  return risky(schema, { kind: "place", what, worse: leaves });
}

/** A setting that says how much data are kept, or for how long. @param what says what becomes of them with less */
export function loses<S extends z.ZodType>(schema: S, what: string): S {
  return risky(schema, { kind: "loses", what, worse: isLess });
}

/** A setting whose presence gives a right. */
export function right<S extends z.ZodType>(schema: S, what: string): S {
  return risky(schema, { kind: "right", what, worse: (before, after) => !isThere(before) && isThere(after) });
}

/** Whether the second of two amounts is larger: of memory, time, or a plain number. */
export function isMore(before: unknown, after: unknown): boolean {
  const [one, other] = [amountOf(before), amountOf(after)];
  return one !== undefined && other !== undefined && other > one;
}

/** Whether it is smaller. */
export function isLess(before: unknown, after: unknown): boolean {
  return isMore(after, before);
}

function amountOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  if (isMemory(value)) return toBytes(value);
  const { data } = duration.safeParse(value);
  return data === undefined ? undefined : toMilliseconds(data);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== "";
}

function hasMore(before: unknown, after: unknown): boolean {
  if (!Array.isArray(after)) return !isThere(before) && isThere(after);
  const known: readonly unknown[] = Array.isArray(before) ? before : [];
  return after.some((one) => !known.some((other) => isSame(one, other)));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
