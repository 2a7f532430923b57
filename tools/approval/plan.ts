import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";

/** By this key a plan shows that a value is secret; and what stands in a plan for a value that nobody knows yet. */
const OPAQUE = "4dabf18193072939515e22adb298388d";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const planned = z.looseObject({
  goal: z.looseObject({ inputDiff: z.unknown().optional(), outputDiff: z.unknown().optional() }).nullish(),
});
const plan = z.looseObject({ resourcePlans: z.record(z.string(), planned) });

/**
 * Has a plan allow any value where it has a secret one. A password that the program makes up for a first deployment is another one in each
 * run, and what it is made from is compared by fingerprint.
 */
export function loosenPlan(file: string): void {
  const { resourcePlans, ...rest } = plan.parse(JSON.parse(readFileSync(file, "utf8")));
  const loose = Object.entries(resourcePlans).map(([urn, { goal, ...one }]) => {
    if (goal === null || goal === undefined) return [urn, { goal, ...one }];
    return [urn, { ...one, goal: { ...goal, inputDiff: withoutSecrets(goal.inputDiff), outputDiff: withoutSecrets(goal.outputDiff) } }];
  });
  writeFileSync(file, JSON.stringify({ ...rest, resourcePlans: Object.fromEntries(loose) }), { mode: 0o600 });
}

/** The same with something unknown in the place of each secret. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  if (OPAQUE in value) return UNKNOWN;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}
