import { z } from "zod";

import { ownWordFor } from "./foreign-words.ts";
import { nearest } from "./mistakes.ts";

/** A strict object: an unknown key is an error that suggests the known key that was probably meant. */
export function strict<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? issue.keys.map((key) => unknownKey(key, known)).join("\n") : undefined),
  });
}

/** `unknown key "replica"; did you mean "replicas"?`, or the list of known keys when none suggests itself. */
export function unknownKey(key: string, known: readonly string[]): string {
  const suggestion = ownWordFor(key, known) ?? nearest(key, known);
  return suggestion === undefined
    ? `unknown key "${key}"; known are ${known.join(", ")}`
    : `unknown key "${key}"; did you mean "${suggestion}"?`;
}
