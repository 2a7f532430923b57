import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { Gateway } from "./gateway.ts";
import type { Observed } from "./monitoring/observed.ts";
import { answers, startedAgain } from "./parts/alive.ts";
import { declareRedis, observedRedis, type Redis, redisEnv, redisSettings } from "./parts/redis.ts";
import * as w from "./workload/index.ts";

/** Where readers find the files. */
export const FEATURES_PATH = "/app/data/features";
const API_PORT = 8000;
const API_GRACE = "30s";
/** Under this name the parts have the short names that clients of the first release know: `redis`, `api`, `gateway` … */
const PLAIN_NAME = "features";

const RESERVED_LOAD = ["STORAGE_BASE_DIR", "DATA_VERSION", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD"] as const;
const RESERVED_BUILD = ["STORAGE_BASE_DIR", "DATA_VERSION", "ACCOUNTS", "EDGES", "SEED"] as const;
const RESERVED_API = [...RESERVED_LOAD, "FEATURE_STORE_BACKEND", "LOG_LEVEL"] as const;

const jobPart = (reserved: readonly string[]) =>
  w.strict({
    env: w.leavesOut(w.env, reserved).default({}).describe("Further variables of the job."),
    resources: w.resourcesOf({}).prefault({}).describe("Limits of the job."),
  });

/** What a stack file may say of features and their API. */
export const featureSettings = w.strict({
  dataVersion: z
    .string()
    .min(1, "must not be empty")
    .default("1")
    .describe("Version of the source data; a new one builds and loads the features again and renews the API."),
  backend: w.placeOfData(
    z
      .enum(["redis", "parquet"])
      .default("redis")
      .describe("Where the API reads: Redis, with Parquet while Redis is down; or Parquet alone, without Redis (its earlier data stay)."),
    "the data of Redis",
    (before, after) => before === "redis" && after === "parquet",
  ),
  accounts: z.int().min(0).max(10_000_000).default(10_000).describe("Accounts in the generated transactions graph."),
  transactions: z.int().min(1).max(100_000_000).default(40_000).describe("Transactions between them."),
  seed: z.int().min(0).default(7).describe("Seed of the generated data."),
  size: w.memory.default("2Gi").describe("Capacity requested for the feature files, and for Redis' data unless redis.size is given."),
  keep: w.protects(
    z
      .boolean()
      .default(false)
      .describe("Whether the feature files, and Redis' data unless redis.keep is given, stay when the stack is destroyed."),
    "keeping the features",
  ),
  build: jobPart(RESERVED_BUILD).prefault({}).describe("The job that writes the Parquet files."),
  load: jobPart(RESERVED_LOAD).prefault({}).describe("The job that loads them into Redis."),
  redis: redisSettings.prefault({}).describe("The in-memory store."),
  api: w
    .strict({
      replicas: w.replicas.default(2).describe("Copies of the online API."),
      logLevel: z.enum(["DEBUG", "INFO", "WARNING", "ERROR"]).default("INFO").describe("Least severe messages that are logged."),
      env: w.leavesOut(w.env, RESERVED_API).default({}).describe("Further variables of the API."),
      resources: w.resourcesOf({}).prefault({}).describe("Limits of each replica."),
    })
    .prefault({})
    .describe("The online API behind the gateway."),
  publish: w.publicationAt(API_PORT).describe("Where the outside reaches the API."),
});

const wiring = { images: w.strict({ redis: w.imageSource, features: w.imageSource, api: w.imageSource, gateway: w.imageSource }) };
export const featureStackSchema = w.strict({ ...featureSettings.shape, ...wiring });

type Settings = z.output<typeof featureStackSchema>;

/** Settings of a stack file, and what only a program can give. */
export type FeatureStackArgs = z.input<typeof featureSettings> & {
  /** Where it runs. */
  platform: w.Platform;
  /** Images of the parts; `workloads/` holds the reference ones and says what each must do. */
  images: {
    /** Redis with an append-only file in `/data` and the variables `REDIS_PASSWORD`, `REDIS_MAXMEMORY` and `REDIS_POLICY`. */
    redis: w.ImageSource;
    /** Commands `features-build` and `features-load`. */
    features: w.ImageSource;
    /** Online API on port 8000. */
    api: w.ImageSource;
    /** HAProxy. */
    gateway: w.ImageSource;
  };
};

/**
 * Features on disk, the same in memory, and an API that answers from the faster of the two.
 *
 * `build` writes Parquet into one volume; `loader` copies it into Redis and must have loaded at least one row before
 * the API starts; `api` replicas answer behind the gateway, the only part reachable from outside. Ready when the gateway
 * answers.
 *
 * @example
 * const features = new FeatureStack("features", { platform, images, api: { replicas: 2 } });
 * export const url = features.url;
 */
export class FeatureStack extends pulumi.ComponentResource {
  /** `http://host:port` of the API outside the platform. */
  readonly url: pulumi.Output<string> | undefined;
  /** The Parquet files, for others to mount read-only at `FEATURES_PATH`. */
  readonly files: w.Volume;
  /** The job that writes them. */
  readonly built: w.Job;
  /** What monitoring reads of it. */
  readonly observed: Observed[];

  constructor(name: string, args: FeatureStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:FeatureStack", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "FeatureStack", name, platform }, featureStackSchema, given);
    const { size, keep, redis, images, publish } = settings;
    const parent = { parent: this };
    const named = (part: string) => (name === PLAIN_NAME ? part : w.childName(name, part));

    this.files = platform.volume(named("features"), { keep, size, access: "many-nodes" }, parent);
    // Also without Redis: its data must outlive a change of the back end.
    const data = platform.volume(named("redis"), { keep: redis.keep ?? keep, size: redis.size ?? size }, parent);
    this.built = platform.job(named("build"), buildOf(settings, this.files), parent);
    const declareStore = (): Store => {
      const parts = { platform, image: images.redis, data, passwordName: named("redis-password"), settings: redis };
      const store = declareRedis(named("redis"), parts, parent);
      return { redis: store, loaded: platform.job(named("loader"), loadOf(settings, this.files, this.built, store), parent) };
    };
    const store = settings.backend === "redis" ? declareStore() : undefined;
    const api = platform.service(named("api"), apiOf(settings, this.files, this.built, store), parent);
    // What the API computes from features, it only reads: a score is asked again of another replica when one leaves.
    const reads = ["/predict"];
    const gateway = new Gateway(named("gateway"), { platform, image: w.imageFrom(images.gateway), service: api, reads, publish }, parent);

    this.url = gateway.url;
    const { replicas } = settings.api;
    this.observed = [
      { kind: "server", target: api, replicas, golden: false, features: store === undefined ? ["parquet"] : ["redis", "parquet"] },
      ...gateway.observed(replicas),
      ...(store === undefined ? [] : [observedRedis(store.redis)]),
    ];
    this.registerOutputs({ url: this.url });
  }
}

/** Redis, and the job that fills it. */
interface Store {
  readonly redis: Redis;
  readonly loaded: w.Job;
}

/** The job that writes the Parquet files. */
export function buildOf({ images, build, dataVersion, accounts, transactions, seed }: Settings, files: w.Volume): w.JobSpec {
  const source = { ACCOUNTS: String(accounts), EDGES: String(transactions), SEED: String(seed) };
  return {
    container: {
      image: w.imageFrom(images.features),
      command: ["features-build"],
      env: { ...build.env, ...source, STORAGE_BASE_DIR: FEATURES_PATH, DATA_VERSION: dataVersion },
      mounts: [{ volume: files, path: FEATURES_PATH }],
      resources: build.resources,
    },
  };
}

/** The job that copies Parquet into Redis; it runs again whenever the files were built again. */
export function loadOf({ images, load, dataVersion }: Settings, files: w.Volume, built: w.Job, redis: Redis): w.JobSpec {
  return {
    container: {
      image: w.imageFrom(images.features),
      command: ["features-load"],
      env: { ...load.env, STORAGE_BASE_DIR: FEATURES_PATH, DATA_VERSION: dataVersion, ...redisEnv(redis) },
      mounts: [{ volume: files, path: FEATURES_PATH, readOnly: true }],
      resources: load.resources,
    },
    inputs: { built: built.fingerprint },
    after: [built, redis.service],
  };
}

/** The online API. Files that were built again renew it: its replicas hold them in memory. */
export function apiOf({ images, api, backend }: Settings, files: w.Volume, built: w.Job, store: Store | undefined): w.ServiceSpec {
  return {
    container: {
      image: w.imageFrom(images.api),
      env: {
        ...api.env,
        LOG_LEVEL: api.logLevel,
        FEATURE_STORE_BACKEND: backend,
        STORAGE_BASE_DIR: FEATURES_PATH,
        ...(store === undefined ? {} : redisEnv(store.redis)),
      },
      mounts: [{ volume: files, path: FEATURES_PATH, readOnly: true }],
      resources: api.resources,
    },
    port: API_PORT,
    replicas: api.replicas,
    readiness: w.httpProbe(API_PORT, "/ready", { startInterval: "2s", startupGrace: API_GRACE }),
    ...startedAgain(API_GRACE, answers(API_PORT, "/health")),
    inputs: { built: built.fingerprint },
    after: store === undefined ? [built] : [built, store.loaded],
  };
}
