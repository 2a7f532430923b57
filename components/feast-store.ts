import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { generatedSecret } from "./generated-secret.ts";
import { redisEnv, redisSpec } from "./redis.ts";
import * as w from "./workload/index.ts";

/** A Feast feature store: registry, offline files, and their newest values in an online store. */
export interface FeastStoreArgs {
  /** Where it runs. */
  platform: w.Platform;
  /** Images of the parts; `workloads/` holds the reference ones and says what each must do. */
  images: {
    /** Commands `feast-build`, `feast-registry`, `feast-materialize` and `feast-health`. */
    feast: pulumi.Input<string>;
    /** Redis with an append-only file in `/data` and the password in `REDIS_PASSWORD`. */
    redis: pulumi.Input<string>;
  };
  /**
   * Whether the newest values are kept in Redis, which answers in milliseconds; without it every answer is looked up in
   * the files (the data of an earlier Redis stay).
   * @default true
   */
  online?: boolean | undefined;
  /** Feature service that clients ask for: the model's name by its own convention. @default "fraud" */
  featureService?: string | undefined;
  /** Version of the source data: a new one writes the files and the online store again. @default "1" */
  dataVersion?: string | undefined;
  /** Job that writes the Parquet files: further variables (`ACCOUNTS`, `DAYS`, `SEED`) and limits. */
  build?: { env?: Record<string, w.EnvValue> | undefined; resources?: w.Limits | undefined } | undefined;
  /** Limits of the job that fills the online store. @default - 1 core, 1Gi */
  materialize?: { resources?: w.Limits | undefined } | undefined;
  /** Limits of the registry server. @default - 1 core, 1Gi */
  registry?: { resources?: w.Limits | undefined } | undefined;
  /** Limits of the online store. @default - 1 core, 512Mi */
  redis?: { resources?: w.Limits | undefined } | undefined;
  /** Whether files, registry and online store stay when the stack is destroyed. @default false */
  keep?: boolean | undefined;
  /** Capacity asked for the files; registry and online store ask for as much each. @default "2Gi" */
  size?: w.Memory | undefined;
}

/** Port of the registry server inside the platform. */
const REGISTRY_PORT = 6566;
const FILES = "/data/features";
const RESERVED = ["FEAST_DATA", "DATA_VERSION", "MODEL_NAME"] as const;

/** Reading Parquet with pandas takes memory that a bare service does not need. */
const part = w.strict({ resources: w.resources.extend({ memory: w.memory.default("1Gi") }).prefault({}) });

export const feastStoreSchema = w.strict({
  images: w.strict({ feast: w.inputText, redis: w.inputText }),
  online: z.boolean().default(true),
  featureService: z.string().min(1, "must not be empty").default("fraud"),
  dataVersion: z.string().min(1, "must not be empty").default("1"),
  build: part.extend({ env: w.leavesOut(w.env, RESERVED).default({}) }).prefault({}),
  materialize: part.prefault({}),
  registry: part.prefault({}),
  redis: w.strict({ resources: w.resources.prefault({}) }).prefault({}),
  keep: z.boolean().default(false),
  size: w.memory.default("2Gi"),
});

type Settings = z.output<typeof feastStoreSchema>;

/**
 * Features of Feast for models that are asked about entities instead of columns.
 *
 * A job writes the files, the registry server tells clients what is in them, and a second job copies the newest values
 * into Redis, at least one row of every view. Clients get `env()` and `mounts()` and start after `ready`.
 *
 * @example
 * const features = new FeastStore("feast", { platform, images });
 * new ServingStack("api-feast", { platform, server, gateway, model, tracking, features });
 */
export class FeastStore extends pulumi.ComponentResource {
  /** What has to be there before a client starts. */
  readonly ready: readonly w.Workload[];
  private readonly settings: Settings;
  private readonly files: w.Volume;
  private readonly registry: w.Service;
  private readonly store: OnlineStore | undefined;

  constructor(name: string, args: FeastStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:FeastStore", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "FeastStore", name, resource: this }, feastStoreSchema, given);
    const parent = { parent: this };
    const named = (of: string) => w.childName(name, of);
    const { size, keep } = settings;

    this.settings = settings;
    this.files = platform.volume(named("files"), { size, keep, access: "many-nodes" }, parent);
    const definitions = platform.volume(named("registry"), { size, keep }, parent);
    const values = platform.volume(named("redis"), { size, keep }, parent);
    const built = platform.job(named("build"), buildOf(settings, this.files), parent);
    this.registry = platform.service(named("registry"), registryOf(settings, this.files, definitions, built), parent);
    if (settings.online) {
      const secret = platform.secret(named("redis"), { values: { password: generatedSecret(named("redis-password"), this) } }, parent);
      const redis = platform.service(
        named("redis"),
        redisSpec({ image: settings.images.redis, data: values, secret, resources: settings.redis.resources }),
        parent,
      );
      this.store = { redis, secret };
    }
    const filled = this.store && platform.job(named("materialize"), this.materializeOf(built, this.store), parent);

    this.ready = filled === undefined ? [this.registry] : [this.registry, filled];
    this.registerOutputs({});
  }

  /** The variables by which a workload is a client: `env: { ...features.env() }`. They also open the way to the store. */
  env(): Record<string, w.EnvValue> {
    return {
      FEAST_REGISTRY_URI: `${this.registry.address}:${REGISTRY_PORT}`,
      // Read by no client: an address is text, and only a reference tells the platform who calls whom.
      FEAST_REGISTRY_HOST: w.addressOf(this.registry),
      FEAST_FEATURE_SERVICE: this.settings.featureService,
      FEAST_DATA: FILES,
      FEAST_ONLINE_ENABLED: String(this.store !== undefined),
      // Read by no client: new data renew those who have read the old ones.
      DATA_VERSION: this.settings.dataVersion,
      ...(this.store === undefined ? {} : redisEnv(this.store.redis, this.store.secret)),
    };
  }

  /** The files, for clients that look up the past. */
  mounts(): w.Mount[] {
    return [{ volume: this.files, path: FILES, readOnly: true }];
  }

  private materializeOf(built: w.Job, { redis }: OnlineStore): w.JobSpec {
    return {
      container: {
        image: this.settings.images.feast,
        command: ["feast-materialize"],
        env: this.env(),
        mounts: this.mounts(),
        resources: this.settings.materialize.resources,
        scratch: { "/tmp": "256Mi" },
      },
      inputs: { built: built.fingerprint },
      after: [built, this.registry, redis],
    };
  }
}

/** Redis and its password. */
interface OnlineStore {
  readonly redis: w.Service;
  readonly secret: w.Secret;
}

/** The job that writes the offline files. */
function buildOf({ images, featureService, dataVersion, build }: Settings, files: w.Volume): w.JobSpec {
  return {
    container: {
      image: images.feast,
      command: ["feast-build"],
      env: { ...build.env, MODEL_NAME: featureService, FEAST_DATA: FILES, DATA_VERSION: dataVersion },
      mounts: [{ volume: files, path: FILES }],
      resources: build.resources,
      scratch: { "/tmp": "256Mi" },
    },
  };
}

/** The server that applies the definitions of its image and tells them to clients. */
function registryOf({ images, featureService, registry }: Settings, files: w.Volume, definitions: w.Volume, built: w.Job): w.ServiceSpec {
  return {
    container: {
      image: images.feast,
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
    readiness: w.execProbe(["feast-health"], { interval: "5s", timeout: "10s", startupGrace: "60s" }),
    startBudget: "3m",
    after: [built],
  };
}
