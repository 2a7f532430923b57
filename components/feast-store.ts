import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import type { Observed } from "./monitoring/observed.ts";
import { startedAgain } from "./parts/alive.ts";
import { declareRedis, observedRedis, type Redis, redisEnv, redisSettings } from "./parts/redis.ts";
import * as w from "./workload/index.ts";

/** Port of the registry server inside the platform. */
const REGISTRY_PORT = 6566;
const GRACE = "60s";
const FILES = "/data/features";
const RESERVED = ["FEAST_DATA", "DATA_VERSION", "MODEL_NAME"] as const;

/** Reading Parquet with pandas takes memory that a bare service does not need. */
const part = w.strict({ resources: w.resourcesOf({ memory: "1Gi" }).prefault({}).describe("Limits.") });
const build = w.strict({
  ...part.shape,
  env: w.leavesOut(w.env, RESERVED).default({}).describe("Further variables, such as ACCOUNTS, DAYS and SEED of the reference image."),
});

/** What a stack file may say of a Feast feature store. */
export const feastSettings = w.strict({
  online: w.placeOfData(
    z
      .boolean()
      .default(true)
      .describe(
        "Whether the newest values are kept in Redis, which answers in milliseconds; without it every answer is looked up in the files (the data of an earlier Redis stay).",
      ),
    "the data of Redis",
    (before, after) => before === true && after === false,
  ),
  featureService: z
    .string()
    .min(1, "must not be empty")
    .default("fraud")
    .describe("Feature service that clients ask for: by convention the model's name."),
  dataVersion: z
    .string()
    .min(1, "must not be empty")
    .default("1")
    .describe("Version of the source data; a new one writes the files and the online store again and renews their readers."),
  build: build.prefault({}).describe("The job that writes the Parquet files."),
  materialize: part.prefault({}).describe("The job that fills the online store."),
  registry: part.prefault({}).describe("The registry server."),
  redis: redisSettings.prefault({}).describe("The online store."),
  size: w.memory
    .default("2Gi")
    .describe("Capacity requested for the files and for the registry, and for the online store unless redis.size is given."),
  keep: w.protects(
    z
      .boolean()
      .default(false)
      .describe("Whether files and registry, and the online store unless redis.keep is given, stay when the stack is destroyed."),
    "keeping the features",
  ),
});

export const feastStoreSchema = w.strict({ ...feastSettings.shape, images: w.strict({ feast: w.imageSource, redis: w.imageSource }) });

type Settings = z.output<typeof feastStoreSchema>;

/** Settings of a stack file, and what only a program can give. */
export type FeastStoreArgs = z.input<typeof feastSettings> & {
  /** Where it runs. */
  platform: w.Platform;
  /** Images of the parts; `workloads/` holds the reference ones and says what each must do. */
  images: {
    /** Commands `feast-build`, `feast-registry`, `feast-materialize` and `feast-health`. */
    feast: w.ImageSource;
    /** Redis with an append-only file in `/data` and the variables `REDIS_PASSWORD`, `REDIS_MAXMEMORY` and `REDIS_POLICY`. */
    redis: w.ImageSource;
  };
};

/**
 * Features of Feast for models that are asked about entities instead of columns.
 *
 * A job writes the files, the registry server says what is in them, and a second job copies the newest values into
 * Redis, at least one row of every view. A client gets `env()`, `mounts()` and `inputs()`, and starts after `ready`.
 *
 * @example
 * const feast = new FeastStore("feast", { platform, images });
 * new ServingStack("api-feast", { platform, image, gateway, model, tracking, feast });
 */
export class FeastStore extends pulumi.ComponentResource {
  /** What a client starts after. */
  readonly ready: readonly w.Workload[];
  /** What monitoring reads of it. */
  readonly observed: Observed[];
  /** Where a client looks features up, in order, as its metrics name it. */
  readonly sources: readonly string[];
  private readonly settings: Settings;
  private readonly files: w.Volume;
  private readonly registry: w.Service;
  private readonly redis: Redis | undefined;
  private readonly built: w.Job;

  constructor(name: string, args: FeastStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:FeastStore", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "FeastStore", name, platform }, feastStoreSchema, given);
    const { size, keep, redis, images } = settings;
    const parent = { parent: this };
    const named = (part: string) => w.childName(name, part);

    this.settings = settings;
    this.files = platform.volume(named("files"), { size, keep, access: "many-nodes" }, parent);
    const definitions = platform.volume(named("registry"), { size, keep }, parent);
    // Also without Redis: its data must outlive a change of `online`.
    const data = platform.volume(named("redis"), { size: redis.size ?? size, keep: redis.keep ?? keep }, parent);
    this.built = platform.job(named("build"), buildOf(settings, this.files), parent);
    this.registry = platform.service(named("registry"), registryOf(settings, this.files, definitions, this.built), parent);
    const parts = { platform, image: images.redis, data, passwordName: named("redis-password"), settings: redis };
    this.redis = settings.online ? declareRedis(named("redis"), parts, parent) : undefined;
    const filled = this.redis && platform.job(named("materialize"), this.materializeOf(this.redis), parent);

    this.ready = filled === undefined ? [this.registry] : [this.registry, filled];
    this.observed = [{ kind: "answers", target: this.registry }, ...(this.redis === undefined ? [] : [observedRedis(this.redis)])];
    this.sources = this.redis === undefined ? ["history"] : ["online", "history"];
    this.registerOutputs({});
  }

  /** The variables by which a workload is a client: `env: { ...feast.env() }`. They also open the way to the store. */
  env(): Record<string, w.EnvValue> {
    return {
      FEAST_REGISTRY_URI: w.endpointOf(this.registry),
      FEAST_FEATURE_SERVICE: this.settings.featureService,
      FEAST_DATA: FILES,
      FEAST_ONLINE_ENABLED: String(this.redis !== undefined),
      ...(this.redis === undefined ? {} : redisEnv(this.redis)),
    };
  }

  /** The files, for clients that look up the past. */
  mounts(): w.Mount[] {
    return [{ volume: this.files, path: FILES, readOnly: true }];
  }

  /** What a client depends on besides: files that were written again renew those who have read the old ones. */
  inputs(): Record<string, pulumi.Input<string>> {
    return { files: this.built.fingerprint };
  }

  private materializeOf({ service }: Redis): w.JobSpec {
    return {
      container: {
        image: w.imageFrom(this.settings.images.feast),
        command: ["feast-materialize"],
        env: this.env(),
        mounts: this.mounts(),
        resources: this.settings.materialize.resources,
        scratch: { "/tmp": "256Mi" },
      },
      inputs: { built: this.built.fingerprint },
      after: [this.built, this.registry, service],
    };
  }
}

/** The job that writes the offline files. */
function buildOf({ images, featureService, dataVersion, build }: Settings, files: w.Volume): w.JobSpec {
  return {
    container: {
      image: w.imageFrom(images.feast),
      command: ["feast-build"],
      env: { ...build.env, MODEL_NAME: featureService, FEAST_DATA: FILES, DATA_VERSION: dataVersion },
      mounts: [{ volume: files, path: FILES }],
      resources: build.resources,
      scratch: { "/tmp": "256Mi" },
    },
  };
}

/** The server that applies the definitions of its image and answers clients. */
function registryOf({ images, featureService, registry }: Settings, files: w.Volume, definitions: w.Volume, built: w.Job): w.ServiceSpec {
  return {
    container: {
      image: w.imageFrom(images.feast),
      command: ["feast-registry"],
      env: { MODEL_NAME: featureService, FEAST_DATA: FILES, REGISTRY_PORT: String(REGISTRY_PORT) },
      mounts: [
        { volume: definitions, path: "/registry" },
        { volume: files, path: FILES, readOnly: true },
      ],
      resources: registry.resources,
      scratch: { "/tmp": "256Mi" },
    },
    port: REGISTRY_PORT,
    readiness: w.execProbe(["feast-health"], { interval: "5s", timeout: "10s", startupGrace: GRACE }),
    ...startedAgain(GRACE),
    startBudget: "3m",
    after: [built],
  };
}
