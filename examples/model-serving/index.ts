import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";

import { deployed, pinnedModel, pins } from "../../components/pinned-model.ts";
import { ServingStack } from "../../components/serving-stack.ts";
import { TrackingServer } from "../../components/tracking-server.ts";
import { createPlatform } from "./platform.ts";

const config = new pulumi.Config();
const username = "admin";
const password = config.requireSecret("mlflowPassword");
const reference = config.get("model") ?? "fraud@production";

const platform = await createPlatform(config);
const system = new pulumi.ComponentResource("mlstack:example:ModelServing", "model-serving");
const parent = { parent: system };

/** An image built from the reference workloads. */
function built(folder: string): pulumi.Output<string> {
  const context = fileURLToPath(new URL(`../../workloads/${folder}`, import.meta.url));
  const BASE = process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim";
  return platform.image(folder, { build: { context, target: "runtime", args: { BASE } } }, parent).reference;
}

const tracking = new TrackingServer(
  "mlflow",
  {
    platform,
    image: built("mlflow"),
    admin: { username, password },
    publish: { port: config.getNumber("mlflowPort") ?? 5000 },
    size: "5Gi",
    hostNames: config.getObject<string[]>("hostNames") ?? [],
  },
  parent,
);

// One definition, four modes: started by hand on the live stack (`npm run task -- train`), never by a deployment.
const training = {
  image: built("model-trainer"),
  env: { ...tracking.env(), MODEL_NAME: reference.replace(/[@/].*/, ""), MODEL_ALIAS: "production" },
  resources: { cpu: 1, memory: "2Gi" },
  scratch: { "/tmp": "512Mi" },
} as const;
const mode = (name: string, command: string[], interactive = false) =>
  platform.task(name, { container: { ...training, command }, interactive }, parent).launch;

export const tasks = {
  train: mode("train", ["model-train"]),
  evaluate: mode("evaluate", ["model-evaluate"]),
  tune: mode("tune", ["model-tune"]),
  dev: mode("dev", ["bash"], true),
};

// The version of today: what the alias names, or the one that this commit holds on to.
const before = await deployed();
const model = await pinnedModel(reference, {
  registry: before.registry === undefined ? undefined : { url: before.registry, username, password },
  deployed: before,
  version: config.get("modelVersion"),
});
const serving =
  model &&
  new ServingStack(
    "api",
    {
      platform,
      server: { image: built("model-server"), user: { uid: 1000, gid: 1000 } },
      gateway: built("gateway"),
      model,
      tracking,
      replicas: config.getNumber("replicas") ?? 2,
      publish: { port: config.getNumber("port") ?? 8000 },
    },
    parent,
  );

export const url = serving?.url;
export const registry = tracking.publicUrl;
export const models = pins([model]);
