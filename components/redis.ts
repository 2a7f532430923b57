import type * as pulumi from "@pulumi/pulumi";

import * as w from "./workload/index.ts";

/** Port of every Redis that a component runs. */
export const REDIS_PORT = 6379;
const DATA = "/data";

/** One Redis with its data and its password (key `password` of the secret). */
export interface RedisParts {
  /** Redis with an append-only file in `/data` and the password in `REDIS_PASSWORD`, as `workloads/redis`. */
  readonly image: pulumi.Input<string>;
  readonly data: w.Volume;
  readonly secret: w.Secret;
  readonly resources?: w.Limits | undefined;
}

/** Redis as the platform is asked to run it: a folder of its own, a password, ready when it answers with it. */
export function redisSpec({ image, data, secret, resources }: RedisParts): w.ServiceSpec {
  return {
    container: {
      image,
      env: { REDIS_PASSWORD: w.secretValue(secret, "password") },
      mounts: [{ volume: data, path: DATA }],
      ...(resources === undefined ? {} : { resources }),
      stopGrace: "20s",
    },
    port: REDIS_PORT,
    readiness: w.execProbe(["redis-health"], { interval: "2s" }),
  };
}

/** The variables by which a workload is its client; they also open the way to it. */
export function redisEnv(redis: w.Service, secret: w.Secret): Record<string, w.EnvValue> {
  return { REDIS_HOST: w.addressOf(redis), REDIS_PORT: String(redis.port), REDIS_PASSWORD: w.secretValue(secret, "password") };
}
