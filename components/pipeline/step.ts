import { z } from "zod";

import { DEFAULT_SCRATCH, requireMemory } from "../parts/memory.ts";
import { program } from "../parts/model-server.ts";
import * as w from "../workload/index.ts";

/** The stack's tracking server, as a pipeline calls it beside its own steps. */
export const MLFLOW = "mlflow";
/** Variables that the component sets. */
export const RESERVED = [
  "DATABASE_URL",
  "MLFLOW_TRACKING_URI",
  "MLFLOW_TRACKING_USERNAME",
  "MLFLOW_TRACKING_PASSWORD",
  "STEP_PORT",
  "STEP_STALE_AFTER",
];
/** Port on which a step that never ends says whether it is alive, unless a setting says otherwise. */
const STEP_PORT = 9400;

/** Variables of a step, or of all. */
export const stepEnv = w.leavesOut(w.env, RESERVED).default({});

const place = z.union([w.containerPath, w.strict({ path: w.containerPath, readOnly: z.boolean().default(false) })], {
  error: 'must be a path such as "/app/conf", or { path, readOnly }',
});

const common = {
  command: program.optional().describe("Program and leading arguments, not run by a shell; default: the image's entrypoint."),
  args: z.array(z.string()).optional().describe("Arguments behind it; default: the image's own."),
  after: z
    .array(z.string())
    .default([])
    .describe(
      "Steps that it starts after: one of kind once must have succeeded, others must be ready. When a step of kind once among them runs again, this one does too, or is renewed.",
    ),
  mlflow: z.boolean().default(false).describe("Whether it uses the stack's MLflow: it starts after it, and gets its address and login."),
  database: z.boolean().default(false).describe("Whether it uses the pipeline's database, which it gets as DATABASE_URL."),
  env: stepEnv.describe("Further variables; those that name MLflow, the database and the step's port are reserved."),
  mounts: z.record(w.dnsLabel, place).default({}).describe("Volumes of the pipeline by name, each with its place: { conf: /app/conf }."),
  scratch: z.record(w.containerPath, w.memory).default(DEFAULT_SCRATCH).describe("Writable folders in memory."),
  sharedMemory: w.memory.default("64Mi").describe("Size of /dev/shm."),
  // What is in memory is reported by the rule of each kind.
  resources: w.resourcesOf({ memory: "1Gi", inMemory: "0Mi" }).prefault({}).describe("Limits."),
  accelerator: w.accelerator.optional().describe("Devices; default: none."),
  user: w.user.optional().describe("Numeric user; default: 10001:10001."),
  stopGrace: w.duration.default("10s").describe("Time between the request to stop and the kill."),
};

const startBudget = w.duration.default("5m").describe("Time a deployment waits for it before it fails.");

const once = {
  ...common,
  kind: z.literal("once").describe("Runs to success once, and again when its image, variables or what it reads change."),
  startBudget: w.duration.default("5m").describe("Time a deployment waits for it to start, e.g. for a free node."),
  deadline: w.duration.default("30m").describe("Time after which it counts as failed."),
};
const always = {
  ...common,
  kind: z.literal("always").describe("Never ends, has no port to the outside, and is started again when it ends or hangs."),
  port: w.port.default(STEP_PORT).describe("Port on which it says whether it is alive, and its metrics; it gets it as STEP_PORT."),
  alivePath: w.containerPath.default("/healthz").describe("Path that answers 200 while it is alive."),
  staleAfter: w.duration
    .default("60s")
    .describe("Time without success or a sign of life after which it counts as hung: it ends, and is started again."),
  startBudget,
};
const page = {
  ...common,
  kind: z.literal("page").describe("Answers on a port, to the outside where it is published."),
  port: w.port.describe("Port on which it answers."),
  readyPath: z
    .union([z.literal("/"), w.containerPath])
    .default("/healthz")
    .describe("Path that answers 200 when it is ready."),
  alivePath: z
    .union([z.literal("/"), w.containerPath])
    .optional()
    .describe(
      "Path that answers 200 while it does not hang, ready or not: a page that has not for loadGrace and two minutes is started again. Default: none.",
    ),
  loadGrace: w.duration.default("60s").describe("Time after the start during which it is left alone while it is not ready."),
  startBudget,
  publish: w.publication.optional().describe("Where the outside reaches it; default: not at all."),
  links: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a variable's name"), z.string().min(1, "must not be empty"))
    .default({})
    .describe(
      "Variables that hold where a browser finds another page: an address such as https://mlflow.example.org, or the name of a published page or mlflow, for its address on this machine or a node.",
    ),
};

/** A step of one of the three kinds. @param image what may be said of its image */
export function stepWith<I extends z.ZodType>(image: I) {
  return z.discriminatedUnion(
    "kind",
    [
      w.withRule(w.strict({ ...once, image }), requireMemory),
      w.withRule(w.strict({ ...always, image }), requireMemory),
      w.withRule(w.strict({ ...page, image }), requireMemory),
    ],
    { error: ({ input }) => `must be "once", "always" or "page", got ${w.quoted(kindOf(input))}` },
  );
}

function kindOf(input: unknown): unknown {
  return typeof input === "object" && input !== null && "kind" in input ? input.kind : undefined;
}

/** A step with every default filled in, whatever its image is. */
export type Step = z.output<ReturnType<typeof stepWith<z.ZodOptional<z.ZodUnknown>>>>;

/** Whether a link is an address, and not the name of a part. */
export function isAddress(link: string): boolean {
  return /^https?:\/\//.test(link);
}
