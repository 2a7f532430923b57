import { z } from "zod";

import { approval } from "../approval/schema.ts";

/** Version of the format; a field that goes or means something else makes it another one, a new field does not. */
export const REPORT_VERSION = 1;

/** Kinds of findings, the worst first. */
export const KINDS = [
  "data-loss",
  "data-left-behind",
  "downtime",
  "training-stops",
  "training-restarts",
  "job-runs-again",
  "secret-changed",
  "privilege-up",
  "reachable-by-more",
  "protection-gone",
  "unpinned-image",
  "capacity-down",
  "unknown",
] as const;
export type Kind = (typeof KINDS)[number];
export const kind = z.enum(KINDS).describe("What is in danger; the list has the worst first. `unknown`: it cannot be said beforehand.");

/** What becomes of something that runs or is there, as the adapter decides it. */
export const EFFECTS = ["made", "replaced", "one after another", "in place", "again", "removed", "stays behind", "nothing"] as const;
export const effect = z
  .enum(EFFECTS)
  .describe(
    "made: begins to exist · replaced: ends, then a new one starts · one after another: each is replaced while others serve · in place: changed while it runs · again: work that was done is done again, training starts again · removed: ends · stays behind: leaves the stack, and stays where it is · nothing: it goes on as it is",
  );

const amount = z.strictObject({ before: z.number(), after: z.number() });
const shown = z.string().nullable();

/** A changed setting, and the place that says it. */
export const cause = z.strictObject({
  setting: z.string().describe("Path of the setting, e.g. features.api.replicas."),
  before: shown.describe("Its value at the last deployment; null where it was absent."),
  after: shown.describe("Its value now; null where it is absent. A secret is `(secret)`."),
  file: z.string().nullable().describe("The layer that says it; null where it is at its default."),
  line: z.int().nullable().describe("From 1; null where no line says it."),
});

export const finding = z.strictObject({
  kind,
  subject: z
    .string()
    .describe("Whom it concerns: a workload or volume as SECTION/NAME (features/redis), or the path of a setting (serving.api.edge.tls)."),
  sentence: z.string().describe("One sentence that says what will happen, without a secret."),
  causes: z.array(cause).describe("Settings that cause it, where settings do."),
  before: shown.describe("What it was; null where the sentence says it all."),
  after: shown.describe("What it will be."),
});

const part = z.strictObject({
  name: z.string().describe("As the program names it, e.g. redis."),
  noun: z.string().describe("service, job, gang, task, volume, secret, config files, network, image, or what else it is."),
  effect,
  text: z.string().describe("What becomes of it, in words."),
  causes: z.array(cause),
});

const component = z.strictObject({
  section: z.string().describe("Section of the settings that declares it, e.g. serving.api; platform for what belongs to none."),
  parts: z.array(part).describe("Only those that change."),
});

const model = z.strictObject({
  place: z.string().describe("Server that loads it, e.g. api or api/canary."),
  name: z.string(),
  reference: z.string().describe("As settings name it, e.g. fraud@production."),
  before: shown.describe("Version at the last deployment."),
  after: shown.describe("Version now; null where none is served."),
});

const compared = z.strictObject({
  commit: shown.describe("Commit of the working tree; null outside a repository."),
  dirty: z.boolean().describe("Whether the working tree differs from that commit in what decides over the stack."),
  settings: z.string().describe("SHA-256 of the resolved settings, encrypted values as they are written."),
  state: shown.describe("SHA-256 of the state that the report starts from; null for a stack that was never deployed."),
  models: z.record(z.string(), z.string()).describe("Resolved version of each model, by place."),
  images: z.record(z.string(), z.string()).describe("Image of each workload, by SECTION/NAME; with its digest where one is known."),
});

/** What one stack's next deployment would do. */
export const report = z.strictObject({
  version: z.literal(REPORT_VERSION),
  project: z.string(),
  stack: z.string(),
  target: z.enum(["docker", "kubernetes"]),
  source: z
    .enum(["engine", "offline"])
    .describe("Whether the engine previewed it, or the program was rendered and compared with the last state, without an engine."),
  changes: z.boolean().describe("Whether a deployment would change anything."),
  verdict: z.string().describe("One line."),
  worst: kind.nullable().describe("Kind of the worst finding."),
  findings: z.array(finding).describe("The worst first."),
  sums: z.strictObject({
    replicas: amount.describe("Containers of services and members of gangs."),
    gpus: amount,
    cpu: amount.describe("Limits together, in thousandths of a core."),
    memory: amount.describe("Limits together, in bytes."),
    models: z.array(model),
  }),
  components: z.array(component),
  settings: z.array(cause).describe("Every setting that has changed since the last deployment."),
  counts: z.partialRecord(effect, z.int()).describe("How many parts there are of each effect."),
  notes: z
    .array(z.strictObject({ severity: z.enum(["info", "warning", "error"]), text: z.string() }))
    .describe("What the program or a policy said in the preview."),
  compared: compared.describe("What the report was made from: a deployment of another is not what it shows."),
  approval: approval.nullable().describe("What a deployment by approval compares besides; null where the report was made offline."),
});

export type Report = z.output<typeof report>;
export type Finding = z.output<typeof finding>;
export type SettingCause = z.output<typeof cause>;
export type ReportComponent = z.output<typeof component>;
export type Compared = z.output<typeof compared>;

/** Several stacks at once. */
export const fleet = z.strictObject({
  version: z.literal(REPORT_VERSION),
  verdict: z.string().describe("One line."),
  worst: kind.nullable(),
  reports: z.array(report),
  failed: z
    .array(z.strictObject({ project: z.string(), stack: z.string(), message: z.string() }))
    .describe("Stacks without a report, and why."),
});

export type Fleet = z.output<typeof fleet>;
