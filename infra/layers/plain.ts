import type { Path } from "./said.ts";

/** The plain value at a path; undefined where there is none. */
export function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined), values);
}

/** A copy of plain settings with another value at a path; maps on the way to it are made where they are missing. */
export function withValue(values: Readonly<Record<string, unknown>>, [key = "", ...rest]: Path, value: unknown): Record<string, unknown> {
  const inner = values[key];
  return { ...values, [key]: rest.length === 0 ? value : withValue((inner ?? {}) as Record<string, unknown>, rest, value) };
}
