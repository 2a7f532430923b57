import type { Path } from "./said.ts";

/** A copy of plain settings with another value at a path; maps on the way to it are made where they are missing. */
export function withValue(values: Readonly<Record<string, unknown>>, [key = "", ...rest]: Path, value: unknown): Record<string, unknown> {
  const inner = values[key];
  return { ...values, [key]: rest.length === 0 ? value : withValue((inner ?? {}) as Record<string, unknown>, rest, value) };
}
