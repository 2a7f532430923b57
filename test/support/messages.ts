import type { z } from "zod";

import { mistakesOf } from "../../components/workload/index.ts";

/** What a schema says to a wrong value: `path: message` lines, or the messages alone where there is no path. */
export function messages(schema: z.ZodType, value: unknown): string[] {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return [];
  return mistakesOf(result.error).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
}
