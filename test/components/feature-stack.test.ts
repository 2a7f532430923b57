import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";

import { FeatureStack, type FeatureStackArgs, type featureStackSchema } from "../../components/feature-stack.ts";
import type { ConfigFilesSpec, JobSpec, SecretSpec, ServiceSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const images = { redis: "redis:1", features: "features:1", api: "api:1", gateway: "gateway:1" };

async function asked(changes: Partial<FeatureStackArgs> = {}): Promise<FakePlatform> {
  const platform = new FakePlatform();
  await engine.run(() => new FeatureStack("features", { platform, images, ...changes }));
  return platform;
}

const known = (input: pulumi.Input<string>) => new Promise<string>((resolve) => pulumi.output(input).apply(resolve));
const named = (...names: string[]) => names.map((name) => expect.objectContaining({ name }));

test("asks for its parts in the order they need each other", async () => {
  expect((await asked()).lines).toEqual([
    "volume features",
    "volume redis",
    "job build",
    "secret redis",
    "service redis",
    "job loader",
    "service api",
    "configFiles gateway-config",
    "service gateway",
  ]);
});

test("each service is started again when it hangs, by a question that looks at no data", async () => {
  const platform = await asked();
  const again = (name: string) => {
    const { alive, restartAfter } = platform.spec("service", name) as ServiceSpec;
    return [alive?.kind === "http" ? alive.path : alive?.kind, restartAfter];
  };
  expect(["redis", "api", "gateway"].map(again)).toEqual([
    ["exec", "150s"],
    ["/health", "150s"],
    ["/alive", "150s"],
  ]);
});

test("the loader runs after the build and Redis, and again whenever the files were built again", async () => {
  const loader = (await asked({ dataVersion: "7" })).spec("job", "loader") as JobSpec;
  expect(loader.after).toEqual(named("build", "redis"));
  expect(loader.container).toMatchObject({
    image: "features:1",
    command: ["features-load"],
    env: {
      REDIS_HOST: { from: "service-address" },
      REDIS_PORT: "6379",
      REDIS_PASSWORD: { from: "secret", key: "password" },
      DATA_VERSION: "7",
    },
    mounts: [{ path: "/app/data/features", readOnly: true }],
  });
  expect(await known(loader.inputs?.["built"] ?? "")).toBe("fingerprint-of-build");
});

test("the API starts after the loader, reads both stores, mounts the files read-only", async () => {
  const api = (await asked({ api: { replicas: 4 } })).spec("service", "api") as ServiceSpec;
  expect(api).toMatchObject({ port: 8000, replicas: 4, readiness: { kind: "http", path: "/ready" } });
  expect(api.after).toEqual(named("build", "loader"));
  expect(api.container).toMatchObject({
    env: { FEATURE_STORE_BACKEND: "redis", STORAGE_BASE_DIR: "/app/data/features", REDIS_PORT: "6379" },
    mounts: [{ path: "/app/data/features", readOnly: true }],
  });
  expect(api.publish).toBeUndefined();
  // Replicas hold the files in memory: files that were built again renew them.
  expect(await known(api.inputs?.["built"] ?? "")).toBe("fingerprint-of-build");
});

test("only the gateway is reachable from outside, on this machine", async () => {
  const platform = await asked();
  const published = platform.requests.filter(({ spec }) => (spec as ServiceSpec).publish !== undefined);
  expect(published.map(({ name, spec }) => [name, (spec as ServiceSpec).publish])).toEqual([
    ["gateway", { port: 8000, anyPort: true, address: "127.0.0.1" }],
  ]);
});

test("the gateway starts after the API, calls it by the name of all its replicas, and looks often", async () => {
  const platform = await asked();
  const gateway = platform.spec("service", "gateway") as ServiceSpec;
  expect(gateway.after).toEqual(named("api"));
  expect(gateway.container.calls).toEqual(named("api"));
  expect(gateway.readiness).toMatchObject({ kind: "http", port: 8405, path: "/ready", startInterval: "1s" });
  const { files } = platform.spec("configFiles", "gateway-config") as ConfigFilesSpec;
  expect(files["haproxy.cfg"]).toContain("acl repeatable path -m str '/predict'");
});

test("keeps 2Gi of files where all nodes can read them, and as much of Redis' data, unless told otherwise", async () => {
  const platform = await asked();
  expect(platform.spec("volume", "features")).toEqual({ keep: false, size: "2Gi", access: "many-nodes" });
  expect(platform.spec("volume", "redis")).toEqual({ keep: false, size: "2Gi" });
  const one = await asked({ size: "3Gi", keep: true });
  expect(one.spec("volume", "features")).toMatchObject({ keep: true, size: "3Gi" });
  expect(one.spec("volume", "redis")).toEqual({ keep: true, size: "3Gi" });
  const both = await asked({ size: "3Gi", redis: { size: "4Gi", keep: true } });
  expect(both.spec("volume", "features")).toMatchObject({ keep: false, size: "3Gi" });
  expect(both.spec("volume", "redis")).toEqual({ keep: true, size: "4Gi" });
});

test("the build is given the size and the seed of the data", async () => {
  const build = (await asked({ accounts: 5, transactions: 9, seed: 3, dataVersion: "7" })).spec("job", "build") as JobSpec;
  expect(build.container.env).toEqual({
    ACCOUNTS: "5",
    EDGES: "9",
    SEED: "3",
    DATA_VERSION: "7",
    STORAGE_BASE_DIR: "/app/data/features",
  });
});

test("under another name its parts have names of their own, so that two can be in one stack", async () => {
  const platform = new FakePlatform();
  await engine.run(() => new FeatureStack("clicks", { platform, images }));
  expect(platform.lines).toEqual([
    "volume clicks-features",
    "volume clicks-redis",
    "job clicks-build",
    "secret clicks-redis",
    "service clicks-redis",
    "job clicks-loader",
    "service clicks-api",
    "configFiles clicks-gateway-config",
    "service clicks-gateway",
  ]);
});

test("Redis keeps its data in a volume of its own and stops in its own time", async () => {
  const redis = (await asked()).spec("service", "redis") as ServiceSpec;
  expect(redis.container).toMatchObject({ mounts: [{ volume: { name: "redis" }, path: "/data" }], stopGrace: "20s" });
  expect(redis.replicas).toBeUndefined();
});

test.each([
  [{}, "322122547", "noeviction"],
  [{ resources: { memory: "4Gi" } }, String(Math.floor(0.6 * 4 * 1024 ** 3)), "noeviction"],
  [{ resources: { memory: "1Gi" }, maxMemory: "900Mi", policy: "allkeys-lru" }, String(900 * 1024 ** 2), "allkeys-lru"],
] as const)("Redis with %j refuses a write, or throws keys away, before it is killed for memory", async (given, bytes, policy) => {
  const redis = (await asked({ redis: given })).spec("service", "redis") as ServiceSpec;
  expect(redis.container.env).toMatchObject({ REDIS_MAXMEMORY: bytes, REDIS_POLICY: policy });
});

describe("with the Parquet back end", () => {
  test("runs no Redis and no loader, and keeps Redis' data", async () => {
    const platform = await asked({ backend: "parquet" });
    expect(platform.lines).toEqual([
      "volume features",
      "volume redis",
      "job build",
      "service api",
      "configFiles gateway-config",
      "service gateway",
    ]);
    const api = platform.spec("service", "api") as ServiceSpec;
    expect(api.after).toEqual(named("build"));
    expect(api.container.env).not.toHaveProperty("REDIS_HOST");
  });
});

describe("the password", () => {
  const password = async (changes: Partial<FeatureStackArgs>) => {
    const { values } = (await asked(changes)).spec("secret", "redis") as SecretSpec;
    const given = values["password"] ?? "";
    return { secret: await pulumi.isSecret(pulumi.output(given)), value: await known(given) };
  };

  test("is random, secret and long when none is given", async () => {
    const { secret, value } = await password({});
    expect(secret).toBe(true);
    expect(value).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test("is the given one, whatever characters it has", async () => {
    expect((await password({ redis: { password: pulumi.secret(`it's "a" \\ £`) } })).value).toBe(`it's "a" \\ £`);
  });
});

describe("refuses", () => {
  test.each([
    [{ api: { replicas: 0 } }, "api.replicas: must be at least 1, got 0"],
    [{ api: { replicas: -1 } }, "api.replicas: must be at least 1, got -1"],
    [
      { redis: { resources: { memory: "4GB" } } } as never,
      'redis.resources.memory: must be an amount with the unit Ki, Mi, Gi or Ti, for example "4Gi", got "4GB"',
    ],
    [
      { redis: { resources: { memory: "1Gi" }, maxMemory: "1Gi" } } as const,
      'redis.maxMemory: must be below resources.memory (1Gi), over which Redis is killed, got "1Gi"; lower it, or raise resources.memory',
    ],
    [
      { redis: { policy: "volatile-lru" } } as never,
      `redis.policy: must be "noeviction" or "allkeys-lru" or "allkeys-lfu" or "allkeys-random", got "volatile-lru"`,
    ],
    [{ api: { env: { REDIS_HOST: "x" } } }, "api.env.REDIS_HOST: is reserved: the component sets it; remove it"],
    [{ backend: "mysql" } as never, 'backend: must be "redis" or "parquet", got "mysql"'],
  ])("%j", async (changes, message) => {
    await expect(asked(changes)).rejects.toThrow(`FeatureStack "features": 1 invalid argument\n  ${message}`);
  });
});

test("the schema and the documented arguments are the same", () => {
  expectTypeOf<keyof z.input<typeof featureStackSchema>>().toEqualTypeOf<Exclude<keyof FeatureStackArgs, "platform">>();
});
