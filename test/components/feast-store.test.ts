import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";

import { FeastStore, type FeastStoreArgs, type feastStoreSchema } from "../../components/feast-store.ts";
import { ServingStack } from "../../components/serving-stack.ts";
import type { JobSpec, SecretSpec, ServiceSpec } from "../../components/workload/index.ts";
import * as w from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const images = { feast: "feast:1", redis: "redis:1" };

async function asked(changes: Partial<FeastStoreArgs> = {}): Promise<FakePlatform> {
  const platform = new FakePlatform();
  await engine.run(() => {
    const feast = new FeastStore("feast", { platform, images, ...changes });
    new ServingStack("api", { platform, image: "server:1", server: { env: { A: "1" } }, gateway: "gateway:1", feast });
  });
  return platform;
}

const known = (input: pulumi.Input<string>) => new Promise<string>((resolve) => pulumi.output(input).apply(resolve));
const named = (...names: string[]) => names.map((name) => expect.objectContaining({ name }));
const client = {
  FEAST_REGISTRY_URI: w.endpointOf(expect.objectContaining({ name: "feast-registry" }) as never),
  FEAST_FEATURE_SERVICE: "fraud",
  FEAST_DATA: "/data/features",
  FEAST_ONLINE_ENABLED: "true",
  REDIS_HOST: { from: "service-address", service: { name: "feast-redis" } },
  REDIS_PORT: "6379",
  REDIS_PASSWORD: { from: "secret", key: "password" },
};
const filesReadOnly = { volume: { name: "feast-files" }, path: "/data/features", readOnly: true };

test("asks for files, their registry, the online store and what fills it, in the order they need each other", async () => {
  expect((await asked()).lines.slice(0, 8)).toEqual([
    "volume feast-files",
    "volume feast-registry",
    "volume feast-redis",
    "job feast-build",
    "service feast-registry",
    "secret feast-redis",
    "service feast-redis",
    "job feast-materialize",
  ]);
});

test("the registry applies its definitions to a volume of its own, once the files are there, and answers on 6566", async () => {
  const registry = (await asked()).spec("service", "feast-registry") as ServiceSpec;
  expect(registry).toMatchObject({
    port: 6566,
    container: {
      command: ["feast-registry"],
      env: { MODEL_NAME: "fraud", REGISTRY_PORT: "6566" },
      mounts: [{ volume: { name: "feast-registry" }, path: "/registry" }, filesReadOnly],
    },
    readiness: { kind: "exec", command: ["feast-health"] },
    after: named("feast-build"),
  });
});

test("the online store is filled after the registry and Redis, and again whenever the files were written again", async () => {
  const fill = (await asked({ dataVersion: "7" })).spec("job", "feast-materialize") as JobSpec;
  expect(fill.container).toMatchObject({
    command: ["feast-materialize"],
    env: client,
    mounts: [filesReadOnly],
  });
  expect(fill.after).toEqual(named("feast-build", "feast-registry", "feast-redis"));
  expect(await known(fill.inputs?.["built"] ?? "")).toBe("fingerprint-of-feast-build");
});

test("a server with features is told where they are, mounts the files, starts once they are there, keeps its own", async () => {
  const api = (await asked({ dataVersion: "7" })).spec("service", "api") as ServiceSpec;
  expect(api.container).toMatchObject({ env: { ...client, A: "1" }, mounts: [filesReadOnly] });
  // New files renew the replicas that have read the old ones.
  expect(await known(api.inputs?.["files"] ?? "")).toBe("fingerprint-of-feast-build");
  expect(api.after).toEqual(named("feast-registry", "feast-materialize"));
});

test("its Redis refuses a write before it is killed for memory, unless told otherwise", async () => {
  const env = async (redis?: FeastStoreArgs["redis"]) => {
    const spec = (await asked(redis === undefined ? {} : { redis })).spec("service", "feast-redis") as ServiceSpec;
    return [spec.container.env?.["REDIS_MAXMEMORY"], spec.container.env?.["REDIS_POLICY"]];
  };
  expect(await env()).toEqual(["322122547", "noeviction"]);
  expect(await env({ maxMemory: "100Mi", policy: "allkeys-lfu" })).toEqual([String(100 * 1024 ** 2), "allkeys-lfu"]);
});

test("the password is random and secret", async () => {
  const { values } = (await asked()).spec("secret", "feast-redis") as SecretSpec;
  expect(await pulumi.isSecret(pulumi.output(values["password"]))).toBe(true);
  expect(await known(values["password"] ?? "")).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test("without an online store there is no Redis and nothing to fill, its data stay, and clients know", async () => {
  const platform = await asked({ online: false });
  expect(platform.lines.slice(0, 5)).toEqual([
    "volume feast-files",
    "volume feast-registry",
    "volume feast-redis",
    "job feast-build",
    "service feast-registry",
  ]);
  const api = platform.spec("service", "api") as ServiceSpec;
  expect(api.container.env).toMatchObject({ FEAST_ONLINE_ENABLED: "false" });
  expect(api.container.env).not.toHaveProperty("REDIS_HOST");
  expect(api.after).toEqual(named("feast-registry"));
});

test("keeps nothing of 2Gi each unless told otherwise", async () => {
  const volumes = async (changes?: Partial<FeastStoreArgs>) => {
    const platform = await asked(changes);
    return ["feast-files", "feast-registry", "feast-redis"].map((name) => platform.spec("volume", name));
  };
  const usual = { keep: false, size: "2Gi" };
  expect(await volumes()).toEqual([{ ...usual, access: "many-nodes" }, usual, usual]);
  const told = { keep: true, size: "3Gi" };
  expect(await volumes({ keep: true, size: "3Gi" })).toEqual([{ ...told, access: "many-nodes" }, told, told]);
});

describe("refuses", () => {
  test.each([
    [{ featureService: "" }, "featureService: must not be empty"],
    [{ build: { env: { FEAST_DATA: "x" } } }, "build.env.FEAST_DATA: is reserved: the component sets it; remove it"],
    [{ online: "yes" } as never, 'online: must be a boolean, got "yes"'],
  ])("%j", async (changes, message) => {
    await expect(asked(changes)).rejects.toThrow(`FeastStore "feast": 1 invalid argument\n  ${message}`);
  });
});

test("the schema and the documented arguments are the same", () => {
  expectTypeOf<keyof z.input<typeof feastStoreSchema>>().toEqualTypeOf<Exclude<keyof FeastStoreArgs, "platform">>();
});
