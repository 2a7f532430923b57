import { z } from "zod";

import { experimentSettings } from "../components/experiments.ts";
import { feastSettings } from "../components/feast-store.ts";
import { featureSettings } from "../components/feature-stack.ts";
import { percent } from "../components/gateway/split.ts";
import { modelReference } from "../components/model/name.ts";
import { monitoringSettings } from "../components/monitoring.ts";
import { servingSettings } from "../components/serving-stack.ts";
import { trackingSettings } from "../components/tracking-server.ts";
import { trainingSettings } from "../components/training-cluster.ts";
import * as w from "../components/workload/index.ts";
import { imageChoice } from "./image-choice.ts";
import { checkMonitoring } from "./monitoring.ts";
import { checkVariables } from "./own-variables.ts";
import { checkPipeline, pipeline } from "./pipeline.ts";
import { programSettings } from "./settings.ts";

const share = w.strict({
  model: modelReference.describe("The other version: NAME@ALIAS or NAME/VERSION."),
  percent: percent.describe("Part of the requests, 0 to 100, with at most two decimals."),
});

/** One serving stack: the component's settings, and references to other parts of the stack. */
const serving = w.strict({
  ...servingSettings.shape,
  image: imageChoice
    .optional()
    .describe("Image of the server; default: the reference image model-server, or model-server-feast with feast."),
  model: modelReference
    .optional()
    .describe("Registered model that every replica loads, NAME@ALIAS or NAME/VERSION; needs tracking; default: the image brings its own."),
  feast: z.boolean().default(false).describe("Whether it answers questions about entities from the stack's Feast store; needs feast."),
  canary: share.optional().describe("Version that answers a part of the requests while its golden request succeeds; default: none."),
  shadow: share.optional().describe("Version that receives copies of a part of the requests; its answers are thrown away; default: none."),
});

/** What a stack file may say: a section for each part, and a part whose section is absent does not exist. */
export const stackSettings = w.withRule(
  w.strict({
    ...programSettings.shape,
    features: featureSettings.optional().describe("Features on disk and in memory, and an API that answers from them."),
    training: trainingSettings.optional().describe("Distributed training with ranks; reads the stack's features where it has any."),
    tracking: trackingSettings.optional().describe("MLflow: runs, artifacts and the model registry."),
    experiments: experimentSettings.optional().describe("Train, evaluate, tune and a shell, started by hand; needs tracking."),
    feast: feastSettings.optional().describe("A Feast store: registry, offline files, and their newest values in Redis."),
    serving: z.record(w.dnsLabel, serving).default({}).describe("Model servers behind gateways, by name."),
    monitoring: monitoringSettings.optional().describe("Metrics, logs, dashboards and alerts of all parts of the stack."),
    pipeline: pipeline.optional().describe("Steps that make one system: work that runs once, programs that never end, and pages."),
  }),
  (settings, context) => {
    const { features, training, tracking, feast, experiments, serving, pipeline } = settings;
    const wrong = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const needs = (path: string[], part: string) =>
      wrong(path, `needs ${part}, which this stack does not have; add mlstack:${part}, or remove this`);
    // A file that relied on the defaults of the first release would otherwise take its whole system away.
    const none =
      [features, training, tracking, feast, experiments, pipeline].every((part) => part === undefined) && Object.keys(serving).length === 0;
    if (none) wrong([], "must have a part, for example mlstack:features: {}; to remove all that a stack has: npm run stop");
    if (experiments !== undefined && tracking === undefined) needs(["experiments"], "tracking");
    for (const [name, { model, canary, shadow, feast: entities }] of Object.entries(serving)) {
      if (model !== undefined && tracking === undefined) needs(["serving", name, "model"], "tracking");
      if (entities && feast === undefined) needs(["serving", name, "feast"], "feast");
      if (canary !== undefined && model === undefined)
        wrong(["serving", name, "canary"], "needs a model that it is compared with; set model");
      if (shadow !== undefined && model === undefined)
        wrong(["serving", name, "shadow"], "needs a model that it is compared with; set model");
    }
    checkPipeline(settings, wrong);
    checkMonitoring(settings, wrong);
    checkVariables(settings, context);
  },
);

export type StackSettings = z.output<typeof stackSettings>;
