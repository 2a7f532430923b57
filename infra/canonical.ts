import { createHash, createHmac } from "node:crypto";

/** A value as one text, whatever order its keys were written in. */
export function canonical(value: unknown): string {
  return JSON.stringify(inOrder(value));
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A fingerprint that only who has the key can make, so that no short value can be found by trying. */
export function keyed(key: string, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, inOrder(inner)]);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
