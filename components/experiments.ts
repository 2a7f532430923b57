import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { modelAlias, modelName } from "./model/name.ts";
import { TrackingServer } from "./tracking-server.ts";
import * as w from "./workload/index.ts";

/** Variables that the component sets. */
const RESERVED = ["MODEL_NAME", "MODEL_ALIAS", "MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"];

/** The modes of one definition: the same image, variables and limits, another program. */
const MODES = {
  train: { command: ["model-train"], interactive: false },
  evaluate: { command: ["model-evaluate"], interactive: false },
  tune: { command: ["model-tune"], interactive: false },
  dev: { command: ["bash"], interactive: true },
} as const;

/** What a stack file may say of experiments. */
export const experimentSettings = w.strict({
  model: modelName.describe(
    "Name under which training registers its versions: any letters, and spaces inside, without slash, colon and at sign.",
  ),
  alias: modelAlias.default("production").describe("Alias that training gives the version it registers."),
  env: w
    .leavesOut(w.env, RESERVED)
    .default({})
    .describe("Further variables of every mode; those that name model and registry are reserved."),
  accelerator: w.accelerator.optional().describe("Devices of a run, taken while it lasts; default: none."),
  resources: w.resourcesOf({ memory: "2Gi", inMemory: "576Mi" }).prefault({}).describe("Limits of a run."),
});

export const experimentsSchema = w.strict({
  ...experimentSettings.shape,
  image: w.imageSource,
  tracking: z.instanceof(TrackingServer, { error: "must be a TrackingServer" }),
});

type Settings = z.output<typeof experimentsSchema>;

/** Settings of a stack file, and what only a program can give. */
export type ExperimentsArgs = z.input<typeof experimentSettings> & {
  /** Where runs happen. */
  platform: w.Platform;
  /** Image with `model-train`, `model-evaluate`, `model-tune` and a shell, as `workloads/model-trainer`. */
  image: w.ImageSource;
  /** Where runs are logged and versions registered. */
  tracking: TrackingServer;
};

/**
 * Work on a model that people start on the deployed stack: `train`, `evaluate`, `tune`, and `dev`, a shell. A deployment
 * declares these tasks and never starts them.
 *
 * @example
 * new Experiments("experiments", { platform, image, tracking, model: "fraud" });
 */
export class Experiments extends pulumi.ComponentResource {
  /** What `npm run task` starts each mode by; the stack's output `tasks`. */
  readonly tasks: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: ExperimentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:Experiments", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "Experiments", name, platform }, experimentsSchema, given);
    // The first release's programs declared the tasks beside the component, under its parent.
    const options = { parent: this, aliases: [{ parent: opts?.parent ?? pulumi.rootStackResource }] };
    const modes = Object.entries(MODES).map(([mode, how]) => [mode, platform.task(mode, taskOf(settings, how), options).launch] as const);

    this.tasks = Object.fromEntries(modes);
    this.registerOutputs({});
  }
}

/** One mode as the platform is asked to declare it. */
function taskOf(
  { image, tracking, model, alias, env, accelerator, resources }: Settings,
  mode: (typeof MODES)[keyof typeof MODES],
): w.TaskSpec {
  return {
    container: {
      image: w.imageFrom(image),
      command: [...mode.command],
      env: { ...env, ...tracking.env(), MODEL_NAME: model, MODEL_ALIAS: alias },
      resources,
      scratch: { "/tmp": "512Mi" },
    },
    placement: { accelerator },
    interactive: mode.interactive,
  };
}
