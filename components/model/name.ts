import { z } from "zod";

import { quoted } from "../workload/index.ts";

/** Any letters, and spaces inside, 255 characters: what MLflow takes, but for the signs that its addresses separate names by. */
const NAME = String.raw`[^/:@.\s](?:[^/:@\x00-\x1f\x7f]{0,253}[^/:@\s\x00-\x1f\x7f])?`;
const ALIAS = "[A-Za-z0-9_-]{1,255}";
const REFERENCE = new RegExp(`^(${NAME})(?:@(${ALIAS})|/([1-9]\\d*))$`, "u");

/** Name of a registered model. The reference images check the same (`ModelName` of `workloads/common`). */
export const modelName = z.string().regex(new RegExp(`^${NAME}$`, "u"), {
  error: ({ input }) =>
    `must be a model's name: at most 255 characters, without "/", ":" and "@", no dot or space first, no space last, got ${quoted(input)}`,
});

/** Alias of a version that training may set: MLflow itself refuses what it reserves, and only after the training. */
export const modelAlias = z
  .string()
  .regex(new RegExp(`^${ALIAS}$`), {
    error: ({ input }) => `must be letters, digits, underscores and hyphens, at most 255, got ${quoted(input)}`,
  })
  .refine((given) => !/^(latest|v\d+)$/i.test(given), {
    error: ({ input }) => `must not be "latest", nor "v" and a number, which MLflow reserves, got ${quoted(input)}`,
  });

/** A registered model's version, by alias or by number: `fraud@production`, `fraud/3`. */
export const modelReference = z.string().regex(REFERENCE, {
  error: ({ input }) => `must be NAME@ALIAS or NAME/VERSION, for example "fraud@production" or "fraud/3", got ${quoted(input)}`,
});

/** Name, and alias or number, of a reference; undefined for what is none. */
export function splitReference(given: string): { name: string; alias: string; number: string | undefined } | undefined {
  const [, name, alias = "", number] = REFERENCE.exec(given) ?? [];
  return name === undefined ? undefined : { name, alias, number };
}
