import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

export { strict, unknownKey } from "./strict.ts";

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
