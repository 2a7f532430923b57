import * as pulumi from "@pulumi/pulumi";

import { FeastStore } from "../../components/feast-store.ts";
import { deployed, pinnedModel, pins } from "../../components/pinned-model.ts";
import { ServingStack } from "../../components/serving-stack.ts";
import { TrackingServer } from "../../components/tracking-server.ts";
import { imagesOf } from "../reference-images.ts";
import { createPlatform } from "./platform.ts";

// All settings are read before anything is asked for: a wrong one changes nothing.
const config = new pulumi.Config();
const username = "admin";
const password = config.requireSecret("mlflowPassword");
const reference = config.get("model") ?? "fraud@production";
const variant = config.get("variant", { allowedValues: ["standard", "feast"] });
const replicas = config.getNumber("replicas") ?? 2;
const port = config.getNumber("port") ?? 8000;
const feastPort = config.getNumber("feastPort") ?? 8001;
const mlflowPort = config.getNumber("mlflowPort") ?? 5000;
const hostNames = config.getObject<string[]>("hostNames") ?? [];

// The version of today: what the alias names, or the one that this commit holds on to. A registry that refuses to say
// ends the deployment here, before anything is changed.
const before = await deployed();
const model = await pinnedModel(reference, {
  registry: before.registry === undefined ? undefined : { url: before.registry, username, password },
  deployed: before,
  version: config.get("modelVersion"),
});

const platform = await createPlatform(config);
const system = new pulumi.ComponentResource("mlstack:example:ModelServing", "model-serving");
const parent = { parent: system };
const built = imagesOf(platform, parent);

const tracking = new TrackingServer(
  "mlflow",
  {
    platform,
    image: built("mlflow"),
    admin: { username, password },
    publish: { port: mlflowPort },
    size: "5Gi",
    hostNames,
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

const gateway = built("gateway");
function serve(name: string, target: string, port: number, features?: FeastStore): ServingStack | undefined {
  if (model === undefined) return undefined;
  const server = { image: built("model-server", target), user: { uid: 1000, gid: 1000 } };
  return new ServingStack(name, { platform, server, gateway, model, tracking, features, replicas, publish: { port } }, parent);
}

export const url = serve("api", "runtime", port)?.url;

// The same model, asked about accounts instead of columns: Feast knows their features.
function serveFeast(): ServingStack | undefined {
  const images = { feast: built("feast"), redis: built("redis") };
  const build = { env: { ACCOUNTS: config.get("accounts") ?? "1000" } };
  const features = new FeastStore("feast", { platform, images, build }, parent);
  return serve("api-feast", "runtime-feast", feastPort, features);
}

export const feastUrl = variant === "feast" ? serveFeast()?.url : undefined;
export const registry = tracking.publicUrl;
export const models = pins([model]);
