import { z } from "zod";

import { NEXT } from "../../components/workload/drift.ts";

/** Version of the format; a field that goes or means something else makes it another one, a new field does not. */
export const DRIFT_VERSION = 1;

const difference = z.strictObject({
  subject: z.string().describe('What it is of, e.g. web-0, service "web".'),
  what: z.string().describe("In which way it is not as it was deployed: the end of a sentence that begins with the subject."),
  next: z
    .enum(NEXT)
    .describe(
      "What the next deployment does: made again: replaced by a new one · started again: ended, and a new one starts · run again: work that was done is done again · put right: changed back in place · left alone: nothing · refused: it fails before it changes anything",
    ),
  outcome: z.string().describe("The same in words."),
  remedy: z.string().nullable().describe("What puts it right where a deployment does not."),
});

const stack = z.strictObject({
  project: z.string(),
  stack: z.string(),
  target: z.enum(["docker", "kubernetes"]).nullable().describe("Where it runs; null where it is not deployed."),
  differences: z.array(difference),
  notes: z.array(z.string()).describe("What could not be looked at, or makes the look less certain."),
  failed: z.string().nullable().describe("Why it could not be looked at, if so."),
});

/** What `npm run drift --json` prints. */
export const driftReport = z.strictObject({ version: z.literal(DRIFT_VERSION), stacks: z.array(stack) });
export type DriftReport = z.output<typeof driftReport>;
export type StackDrift = DriftReport["stacks"][number];
