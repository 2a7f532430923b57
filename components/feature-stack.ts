import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { Gateway } from "./gateway.ts";
import { generatedSecret } from "./generated-secret.ts";
import { redisEnv, redisSpec } from "./redis.ts";
import * as w from "./workload/index.ts";

/** A feature store and the API that answers from it. */
export interface FeatureStackArgs {
  /** Where it runs. */
  platform: w.Platform;
  /** Images of the parts; `workloads/` holds the reference ones and says what each must do. */
  images: {
    /** Redis with an append-only file in `/data` and the password in `REDIS_PASSWORD`. */
    redis: pulumi.Input<string>;
    /** Commands `features-build` and `features-load`. */
    features: pulumi.Input<string>;
    /** Online API on port 8000. */
    api: pulumi.Input<string>;
    /** HAProxy. */
    gateway: pulumi.Input<string>;
  };
  /** Version of the source data: a new one builds and loads the features again and renews the API. @default "1" */
  dataVersion?: string | undefined;
  /**
   * Where the API reads: `redis` answers in under a millisecond and falls back to Parquet while Redis is down;
   * `parquet` runs no Redis and no loader (the data of an earlier Redis stay).
   * @default "redis"
   */
  backend?: "redis" | "parquet" | undefined;
  /** @default - a random one, kept encrypted in the state */
  redisPassword?: pulumi.Input<string> | undefined;
  /** Job that writes the Parquet files: further variables (`ACCOUNTS`, `EDGES`, `SEED`) and limits. */
  build?: { env?: Record<string, w.EnvValue> | undefined; resources?: w.Limits | undefined } | undefined;
  /** Job that loads them into Redis. */
  load?: { env?: Record<string, w.EnvValue> | undefined; resources?: w.Limits | undefined } | undefined;
  /** In-memory store. */
  redis?: { resources?: w.Limits | undefined; keep?: boolean | undefined; size?: w.Memory | undefined } | undefined;
  /** Online API behind the gateway. */
  api?: { replicas?: number | undefined; env?: Record<string, w.EnvValue> | undefined; resources?: w.Limits | undefined } | undefined;
  /** Where the outside reaches the API. @default { port: 8000, address: "127.0.0.1" } */
  publish?: { port?: number | undefined; address?: string | undefined } | undefined;
  /** Whether the feature files stay when the stack is destroyed. @default false */
  keepFeatures?: boolean | undefined;
  /** Capacity asked for the feature files; `redis.size` is the same for Redis' data. @default "2Gi" */
  featuresSize?: w.Memory | undefined;
}

const STORAGE = "/app/data/features";
const API_PORT = 8000;

const RESERVED_BUILD = ["STORAGE_BASE_DIR", "DATA_VERSION"] as const;
const RESERVED_LOAD = [...RESERVED_BUILD, "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD"] as const;
const RESERVED_API = [...RESERVED_LOAD, "FEATURE_STORE_BACKEND"] as const;

export const featureStackSchema = w.strict({
  images: w.strict({ redis: w.inputText, features: w.inputText, api: w.inputText, gateway: w.inputText }),
  dataVersion: z.string().min(1, "must not be empty").default("1"),
  backend: z.enum(["redis", "parquet"]).default("redis"),
  redisPassword: w.inputText.optional(),
  build: jobPart(RESERVED_BUILD).prefault({}),
  load: jobPart(RESERVED_LOAD).prefault({}),
  redis: w.strict({ resources: w.resources.prefault({}), keep: z.boolean().default(false), size: w.memory.default("2Gi") }).prefault({}),
  api: w
    .strict({
      replicas: z.int().min(1).max(64).default(2),
      env: w.leavesOut(w.env, RESERVED_API).default({}),
      resources: w.resources.prefault({}),
    })
    .prefault({}),
  publish: w.publication.extend({ port: w.port.default(API_PORT) }).prefault({}),
  keepFeatures: z.boolean().default(false),
  featuresSize: w.memory.default("2Gi"),
});

function jobPart(reserved: readonly string[]) {
  return w.strict({ env: w.leavesOut(w.env, reserved).default({}), resources: w.resources.prefault({}) });
}

type Settings = z.output<typeof featureStackSchema>;

/**
 * Features on disk, the same in memory, and an API that answers from the faster of the two.
 *
 * `build` writes Parquet into one volume; `loader` copies it into Redis and must have loaded at least one row before
 * the API starts; `api` replicas answer behind the gateway, the only part reachable from outside. It is there once the
 * gateway answers.
 *
 * @example
 * const features = new FeatureStack("features", { platform, images, api: { replicas: 2 } });
 * export const url = features.url;
 */
export class FeatureStack extends pulumi.ComponentResource {
  /** `http://host:port` of the API outside the platform. */
  readonly url: pulumi.Output<string> | undefined;
  /** The Parquet files, for others to mount read-only at `/app/data/features`. */
  readonly volume: w.Volume;
  /** The job that writes them. */
  readonly built: w.Job;

  constructor(name: string, args: FeatureStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:FeatureStack", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "FeatureStack", name, resource: this }, featureStackSchema, given);
    const parent = { parent: this };

    this.volume = platform.volume("features", { keep: settings.keepFeatures, size: settings.featuresSize, access: "many-nodes" }, parent);
    const redisData = platform.volume("redis", { keep: settings.redis.keep, size: settings.redis.size }, parent);
    this.built = platform.job("build", buildOf(settings, this.volume), parent);
    const store = settings.backend === "redis" ? this.store(platform, settings, redisData) : undefined;
    const api = platform.service("api", apiOf(settings, this.volume, this.built, store), parent);
    const { publish, images } = settings;
    const gateway = new Gateway("gateway", { platform, image: images.gateway, service: api, publish }, parent);

    this.url = gateway.url;
    this.registerOutputs({ url: this.url });
  }

  private store(platform: w.Platform, settings: Settings, data: w.Volume): Store {
    const parent = { parent: this };
    const password = settings.redisPassword ?? generatedSecret("redis-password", this);
    const secret = platform.secret("redis", { values: { password } }, parent);
    const { resources } = settings.redis;
    const redis = platform.service("redis", redisSpec({ image: settings.images.redis, data, secret, resources }), parent);
    const loaded = platform.job("loader", loadOf(settings, this.volume, this.built, redis, secret), parent);
    return { redis, secret, loaded };
  }
}

/** Redis and what belongs to it. */
interface Store {
  readonly redis: w.Service;
  readonly secret: w.Secret;
  readonly loaded: w.Job;
}

/** The job that writes the Parquet files. */
export function buildOf(settings: Settings, features: w.Volume): w.JobSpec {
  const { env, resources } = settings.build;
  return {
    container: {
      image: settings.images.features,
      command: ["features-build"],
      env: { ...env, STORAGE_BASE_DIR: STORAGE, DATA_VERSION: settings.dataVersion },
      mounts: [{ volume: features, path: STORAGE }],
      resources,
    },
  };
}

/** The job that copies Parquet into Redis; it runs again whenever the files were built again. */
export function loadOf(settings: Settings, features: w.Volume, built: w.Job, redis: w.Service, secret: w.Secret): w.JobSpec {
  const { env, resources } = settings.load;
  return {
    container: {
      image: settings.images.features,
      command: ["features-load"],
      env: { ...env, STORAGE_BASE_DIR: STORAGE, DATA_VERSION: settings.dataVersion, ...redisEnv(redis, secret) },
      mounts: [{ volume: features, path: STORAGE, readOnly: true }],
      resources,
    },
    inputs: { built: built.fingerprint },
    after: [built, redis],
  };
}

/** The online API. */
export function apiOf(settings: Settings, features: w.Volume, built: w.Job, store: Store | undefined): w.ServiceSpec {
  const { env, replicas, resources } = settings.api;
  return {
    container: {
      image: settings.images.api,
      env: {
        ...env,
        FEATURE_STORE_BACKEND: settings.backend,
        STORAGE_BASE_DIR: STORAGE,
        // Not read by the API: new data must renew its replicas, which hold the Parquet files in memory.
        DATA_VERSION: settings.dataVersion,
        ...(store === undefined ? {} : redisEnv(store.redis, store.secret)),
      },
      mounts: [{ volume: features, path: STORAGE, readOnly: true }],
      resources,
    },
    port: API_PORT,
    replicas,
    readiness: w.httpProbe(API_PORT, "/ready", { interval: "2s" }),
    after: store === undefined ? [built] : [built, store.loaded],
  };
}
