import { z } from "zod";

import * as w from "../workload/index.ts";
import { generatedSecret } from "./generated-secret.ts";

/** Port of every Redis that a component runs. */
export const REDIS_PORT = 6379;
const DATA = "/data";

/** What a stack file may say of a Redis. */
export const redisSettings = w.strict({
  resources: w.resourcesOf({}).prefault({}).describe("Limits of the in-memory store."),
  password: w.secretText().optional().describe("Password of the in-memory store; default: a random one, kept encrypted in the state."),
  size: w.memory.optional().describe("Capacity requested for its data; default: as much as for the files."),
  keep: z.boolean().optional().describe("Whether its data stay when the stack is destroyed; default: as the files."),
});

/** Where a Redis keeps its data, and what it runs. */
export interface RedisParts {
  readonly platform: w.Platform;
  /** Redis with an append-only file in `/data` and the password in `REDIS_PASSWORD`, as `workloads/redis`. */
  readonly image: w.ImageSource;
  readonly data: w.Volume;
  /** Name of the state's resource that keeps a generated password. */
  readonly passwordName: string;
  readonly settings: z.output<typeof redisSettings>;
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
        env: { REDIS_PASSWORD: w.secretValue(secret, "password") },
        mounts: [{ volume: data, path: DATA }],
        resources: settings.resources,
        stopGrace: "20s",
      },
      port: REDIS_PORT,
      readiness: w.execProbe(["redis-health"], { interval: "2s" }),
    },
    opts,
  );
  return { service, secret };
}

/** The variables by which a workload is a client of a Redis; they also open the way to it. */
export function redisEnv({ service, secret }: Redis): Record<string, w.EnvValue> {
  return { REDIS_HOST: w.addressOf(service), REDIS_PORT: String(service.port), REDIS_PASSWORD: w.secretValue(secret, "password") };
}
