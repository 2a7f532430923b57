import * as pulumi from "@pulumi/pulumi";

import { FeatureStack } from "../components/feature-stack.ts";
import { TrainingCluster } from "../components/training-cluster.ts";
import type { Platform } from "../components/workload/index.ts";
import type { Settings } from "./config.ts";
import { type ImageName, imageOf } from "./images.ts";

/** Which components exist, and which output feeds which argument. */
export class MlStack extends pulumi.ComponentResource {
  readonly features: FeatureStack;
  readonly training: TrainingCluster;

  constructor(name: string, platform: Platform, settings: Settings) {
    super("mlstack:index:MlStack", name);
    const image = (part: ImageName) => imageOf(part, platform, settings, this);
    const { features, training } = settings;

    this.features = new FeatureStack(
      "features",
      {
        platform,
        images: { redis: image("redis"), features: image("features"), api: image("api"), gateway: image("gateway") },
        dataVersion: features.dataVersion,
        backend: features.backend,
        redisPassword: settings.redisPassword,
        build: {
          env: { ACCOUNTS: String(features.accounts), EDGES: String(features.transactions), SEED: String(features.seed) },
          resources: features.build.resources,
        },
        load: features.load,
        redis: { ...features.redis, keep: features.keep, size: features.volumeSize },
        api: { replicas: features.api.replicas, env: { LOG_LEVEL: features.api.logLevel }, resources: features.api.resources },
        publish: features.publish,
        keepFeatures: features.keep,
        featuresSize: features.volumeSize,
      },
      { parent: this },
    );

    const { enabled, nodes, processesPerNode, rendezvousPort, maxRestarts, sharedMemory, resources } = training;
    const { accelerator, nodeSelector, tolerations } = training;
    this.training = new TrainingCluster(
      "trainer",
      {
        platform,
        // Its image is the largest: nobody builds it who does not train.
        image: enabled ? image("trainer") : "not-built",
        enabled,
        ...(processesPerNode === 1 ? {} : { command: ["trainer-torchrun", "-m", "trainer"] }),
        nodes,
        processesPerNode,
        accelerator,
        nodeSelector,
        tolerations,
        rendezvousPort,
        maxRestarts,
        sharedMemory,
        resources,
        env: {
          ...training.env,
          FEATURE_STORE_BACKEND: "parquet",
          STORAGE_BASE_DIR: "/app/data/features",
          EPOCHS: String(training.epochs),
          CHECKPOINT_EVERY: String(training.checkpointEvery),
        },
        mounts: [{ volume: this.features.volume, path: "/app/data/features", readOnly: true }],
        checkpoints: { keep: training.keepCheckpoints, size: training.checkpointSize },
        startBudget: training.startBudget,
        after: [this.features.built],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
