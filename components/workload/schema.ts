import * as pulumi from "@pulumi/pulumi";
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

/**
 * A string that may be an Output. A plain value is checked at once; an Output passes through untouched, because its value
 * may be a secret or not yet known. Messages never quote the value.
 */
export const inputText: z.ZodType<pulumi.Input<string>, pulumi.Input<string>> = z.custom<pulumi.Input<string>>(
  (value) => pulumi.Output.isInstance(value) || value instanceof Promise || (typeof value === "string" && value !== ""),
  "must be a non-empty string",
);

/** A TCP port. */
export const port = z.int().min(1).max(65535);

/** Absolute path inside a container. */
export const containerPath = z
  .string()
  .regex(/^\/[^\s:]+$/, { error: ({ input }) => `must be an absolute path without spaces or colons, got "${String(input)}"` });

/** Mark of a folder or file of the host in a stack's settings: a relative one is relative to the file that says it. */
const HOST_PATH = "hostPath";

/** A folder or file of the engine's host. */
export const hostPath = z
  .string()
  .min(1, "must not be empty")
  .meta({ [HOST_PATH]: true });

/** Whether a schema is one made of `hostPath`. */
export function isHostPath(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.[HOST_PATH] === true;
}
