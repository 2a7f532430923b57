import type { z } from "zod";

/**
 * A schema with a rule about several of its values. The rule is also tried where other values are wrong, so that a user gets
 * all mistakes at once; what it cannot say because of them, it says after they are fixed.
 *
 * @param rule reports by `context.addIssue`; values may be anything once an issue was found
 */
export function withRule<S extends z.ZodType>(
  schema: S,
  rule: (value: z.output<S>, context: z.core.$RefinementCtx<z.output<S>>) => void,
): S {
  return schema.superRefine(
    (value, context) => {
      try {
        rule(value, context);
      } catch (error) {
        if (context.issues.length === 0) throw error;
      }
    },
    { when: () => true },
  );
}
