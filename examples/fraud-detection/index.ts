import * as pulumi from "@pulumi/pulumi";

import { FeatureStack } from "../../components/feature-stack.ts";
import { TrainingCluster } from "../../components/training-cluster.ts";
import { imagesOf } from "../reference-images.ts";
import { createPlatform } from "./platform.ts";

const config = new pulumi.Config();
const apiReplicas = config.requireNumber("apiReplicas");
const trainers = config.requireNumber("trainers");

const platform = await createPlatform(config);
const system = new pulumi.ComponentResource("mlstack:example:FraudDetection", "fraud-detection");
const parent = { parent: system };
const built = imagesOf(platform, parent);

const limits = (cpu: number, memory: `${number}Mi` | `${number}Gi`) => ({ resources: { cpu, memory } });

const features = new FeatureStack(
  "features",
  {
    platform,
    images: { redis: built("redis"), features: built("features"), api: built("feature-api"), gateway: built("gateway") },
    dataVersion: "2026-11",
    build: { env: { ACCOUNTS: "10000", EDGES: "40000" }, ...limits(1, "512Mi") },
    load: limits(0.5, "512Mi"),
    redis: { ...limits(0.5, "512Mi"), keep: true },
    api: { replicas: apiReplicas, ...limits(0.5, "512Mi") },
    publish: { port: config.getNumber("port") ?? 8000 },
  },
  parent,
);

new TrainingCluster(
  "trainer",
  {
    platform,
    image: trainers > 0 ? built("trainer") : "not-built",
    enabled: trainers > 0,
    nodes: Math.max(trainers, 1),
    rendezvousPort: 12355,
    env: { FEATURE_STORE_BACKEND: "parquet", STORAGE_BASE_DIR: "/app/data/features", EPOCHS: "20" },
    mounts: [{ volume: features.volume, path: "/app/data/features", readOnly: true }],
    resources: { cpu: 1, memory: "1Gi" },
    after: [features.built],
  },
  parent,
);

export const url = features.url;
