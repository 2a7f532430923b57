import { z } from "zod";

import * as w from "../workload/index.ts";
import { startedAgain } from "./alive.ts";
import { generatedSecret } from "./generated-secret.ts";

/** Port of every Redis that a component runs. */
export const REDIS_PORT = 6379;
const DATA = "/data";
const GRACE = "30s";
/** Any reply, also that it still loads its file, which a restart would only begin again. */
const ALIVE = {
  kind: "exec" as const,
  command: ["sh", "-c", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli --no-auth-warning ping >/dev/null'],
};

/**
 * Part of a container's memory that data may take by default. While Redis rewrites its file, pages that change are there
 * twice: half of the data, measured where a second version is loaded and the first one removed meanwhile.
 */
const DATA_SHARE = 3 / 5;

/** What Redis does with a write that it has no room for. */
const policy = z.enum(["noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random"]);

/** What a stack file may say of a Redis. */
export const redisSettings = w.withRule(
  w.strict({
    resources: w.resourcesOf({}).prefault({}).describe("Limits of the in-memory store."),
    maxMemory: w.memory
      .optional()
      .describe(
        "Most memory that the data take; below resources.memory, over which Redis is killed. Two versions of the data must fit while a new one is loaded. Default: three fifths of resources.memory.",
      ),
    policy: w.protects(
      policy
        .default("noeviction")
        .describe(
          "What happens to a write over maxMemory: it is refused (noeviction), or keys are thrown away for it, those not read for longest (allkeys-lru), read least often (allkeys-lfu) or any (allkeys-random); the files then answer for them.",
        ),
      "refusing writes when Redis is full",
      (before, after) => before === "noeviction" && after !== "noeviction",
    ),
    password: w.secretText().optional().describe("Password of the in-memory store; default: a random one, kept encrypted in the state."),
    size: w.memory.optional().describe("Capacity requested for its data; default: as much as for the files."),
    keep: w.protects(
      z.boolean().optional().describe("Whether its data stay when the stack is destroyed; default: as the files."),
      "keeping the data of Redis",
    ),
  }),
  ({ resources, maxMemory }, context) => {
    if (maxMemory === undefined || w.toBytes(maxMemory) < w.toBytes(resources.memory)) return;
    const message = `must be below resources.memory (${resources.memory}), over which Redis is killed, got "${maxMemory}"; lower it, or raise resources.memory`;
    context.addIssue({ code: "custom", path: ["maxMemory"], message });
  },
);

type Settings = z.output<typeof redisSettings>;

/** Where a Redis keeps its data, and what it runs. */
export interface RedisParts {
  readonly platform: w.Platform;
  /** Redis with an append-only file in `/data` and the variables of `workloads/redis`. */
  readonly image: w.ImageSource;
  readonly data: w.Volume;
  /** Name of the state's resource that keeps a generated password. */
  readonly passwordName: string;
  readonly settings: Settings;
}

/** A running Redis and its password (key `password` of the secret). */
export interface Redis {
  readonly service: w.Service;
  readonly secret: w.Secret;
}

/** Declares a Redis called `name`: a folder for its data, a password, ready when it answers with it. */
export function declareRedis(name: string, { platform, image, data, passwordName, settings }: RedisParts, opts: w.ChildOptions): Redis {
  const password = settings.password ?? generatedSecret(passwordName, opts.parent);
  const secret = platform.secret(name, { values: { password } }, opts);
  const service = platform.service(
    name,
    {
      container: {
        image: w.imageFrom(image),
        env: {
          REDIS_PASSWORD: w.secretValue(secret, "password"),
          REDIS_MAXMEMORY: String(maxMemoryOf(settings)),
          REDIS_POLICY: settings.policy,
        },
        mounts: [{ volume: data, path: DATA }],
        resources: settings.resources,
        stopGrace: "20s",
      },
      port: REDIS_PORT,
      readiness: w.execProbe(["redis-health"], { startInterval: "2s", startupGrace: GRACE }),
      ...startedAgain(GRACE, ALIVE),
    },
    opts,
  );
  return { service, secret };
}

/** Bytes that the data may take. */
function maxMemoryOf({ maxMemory, resources }: Settings): number {
  return maxMemory === undefined ? Math.floor(w.toBytes(resources.memory) * DATA_SHARE) : w.toBytes(maxMemory);
}

/** What monitoring reads of a Redis. */
export function observedRedis({ service, secret }: Redis) {
  return { kind: "redis" as const, target: service, secret };
}

/** The variables by which a workload is a client of a Redis; they also open the way to it. */
export function redisEnv({ service, secret }: Redis): Record<string, w.EnvValue> {
  return { REDIS_HOST: w.addressOf(service), REDIS_PORT: String(service.port), REDIS_PASSWORD: w.secretValue(secret, "password") };
}
