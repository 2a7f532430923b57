import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";

import type { PinnedModel } from "../../components/model/pin.ts";
import { ServingStack, type ServingStackArgs, type servingStackSchema } from "../../components/serving-stack.ts";
import { TrackingServer } from "../../components/tracking-server.ts";
import type { JobSpec, ServiceSpec } from "../../components/workload/index.ts";
import * as w from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const version = (number: string): PinnedModel => ({ name: "fraud", reference: "fraud@production", version: number, sha256: "ab" });

async function asked(changes: Partial<ServingStackArgs> = {}, withRegistry = changes.model !== undefined): Promise<FakePlatform> {
  const platform = new FakePlatform();
  await engine.run(() => {
    const tracking = withRegistry ? new TrackingServer("mlflow", { platform, image: "mlflow:1" }) : undefined;
    new ServingStack("api", { platform, image: "server:1", gateway: "gateway:1", tracking, ...changes });
  });
  return platform;
}

const service = async (name: string, changes?: Partial<ServingStackArgs>) => (await asked(changes)).spec("service", name) as ServiceSpec;

test("asks for the server and a gateway in front of it", async () => {
  expect((await asked()).lines).toEqual(["service api", "configFiles api-gateway-config", "service api-gateway"]);
});

test("tells every replica which version to load from where, in memory, once the registry is there", async () => {
  const api = await service("api", { model: version("3"), replicas: 3 });
  expect(api).toMatchObject({
    replicas: 3,
    after: [{ name: "mlflow" }],
    readiness: { kind: "http", port: 8000, path: "/ready", startupGrace: "60s" },
    container: {
      scratch: { "/tmp": "256Mi" },
      env: {
        MODEL_NAME: "fraud",
        MODEL_VERSION: "3",
        MODEL_SHA256: "ab",
        MLFLOW_TRACKING_URI: w.urlOf(expect.objectContaining({ name: "mlflow" }) as never),
      },
    },
  });
});

test("a server that brings its models itself is told of no registry", async () => {
  const { container, after } = await service("api", { server: { env: { A: "1" } } });
  expect(container.env).toEqual({ A: "1" });
  expect(container.scratch).toBeUndefined();
  expect(after).toEqual([]);
});

test("another version beside it is one replica of its own, which the gateway knows by its part", async () => {
  const platform = await asked({
    model: version("3"),
    canary: { model: version("4"), percent: 5 },
    shadow: { model: version("5"), percent: 10 },
  });
  const numbers = ["api", "api-canary", "api-shadow"].map((name) => {
    const { replicas, container } = platform.spec("service", name) as ServiceSpec;
    return [replicas, container.env?.["MODEL_VERSION"]];
  });
  expect(numbers).toEqual([
    [2, "3"],
    [1, "4"],
    [1, "5"],
  ]);
  expect((platform.spec("service", "api-gateway") as ServiceSpec).container.calls).toMatchObject([
    { name: "api" },
    { name: "api-canary" },
    { name: "api-shadow" },
  ]);
});

test("prepares volumes of its own by one job, and renews the replicas when they were prepared again", async () => {
  const platform = await asked({
    server: { env: { A: "1" }, volumes: { models: { path: "/models", readOnly: true }, logs: { path: "/logs", keep: true } } },
    prepare: { command: ["train"] },
  });
  expect(platform.lines.slice(0, 4)).toEqual(["volume models", "volume logs", "job api-prepare", "service api"]);
  expect(platform.spec("volume", "models")).toEqual({ size: "1Gi", access: "many-nodes", keep: false });
  expect(platform.spec("volume", "logs")).toMatchObject({ keep: true });
  expect((platform.spec("job", "api-prepare") as JobSpec).container).toMatchObject({
    image: "server:1",
    command: ["train"],
    env: { A: "1" },
    mounts: [
      { volume: { name: "models" }, path: "/models" },
      { volume: { name: "logs" }, path: "/logs" },
    ],
  });
  const api = platform.spec("service", "api") as ServiceSpec;
  expect(api).toMatchObject({ after: [{ name: "api-prepare" }], container: { mounts: [{ readOnly: true }, { readOnly: false }] } });
  expect(api.inputs).toHaveProperty("prepared");
});

test("mounts a folder of the host, a relative one from the project's folder", async () => {
  const { container } = await service("api", {
    server: { folders: { "/src": "workloads/image-api", "/data": { folder: "/srv/data", readOnly: false } } },
  });
  expect(container.mounts).toEqual([
    { hostFolder: resolve(pulumi.getRootDirectory(), "workloads/image-api"), path: "/src", readOnly: true },
    { hostFolder: "/srv/data", path: "/data", readOnly: false },
  ]);
});

test("hands on what the server needs of its node and of its edge", async () => {
  const platform = await asked({
    server: {
      port: 8001,
      readyPath: "/health",
      loadGrace: "90s",
      sharedMemory: "1Gi",
      resources: { cpu: 2, memory: "4Gi" },
      accelerator: { vendor: "nvidia", devices: ["0"] },
    },
    publish: { port: 8443 },
  });
  expect(platform.spec("service", "api")).toMatchObject({
    port: 8001,
    readiness: { path: "/health", startupGrace: "90s" },
    container: { sharedMemory: "1Gi", resources: { cpu: 2, memory: "4Gi" } },
    placement: { accelerator: { devices: ["0"] } },
  });
  expect(platform.spec("service", "api-gateway")).toMatchObject({ publish: { port: 8443, address: "127.0.0.1" } });
});

describe("refuses", () => {
  test.each([
    [{ replicas: 0 }, "replicas: must be at least 1, got 0"],
    [{ canary: { model: version("4"), percent: 5 } }, "canary: needs a model that it is compared with"],
    [{ server: { env: { MODEL_VERSION: "9" } } }, "server.env.MODEL_VERSION: is reserved"],
    [{ server: { portt: 1 } as never }, 'unknown key "portt"; did you mean "port"?'],
  ])("%j", async (changes, message) => {
    await expect(asked(changes)).rejects.toThrow(message);
  });

  test("a model without the registry it comes from", async () => {
    await expect(asked({ model: version("3") }, false)).rejects.toThrow("tracking: is required with a model: it is loaded from there");
  });
});

test("the arguments are what the schema reads", () => {
  expectTypeOf<Omit<ServingStackArgs, "platform">>().toExtend<z.input<typeof servingStackSchema>>();
});

test("a server is started again when it hangs where it says how it shows that, and never one that a debugger stops", async () => {
  const again = async (server: NonNullable<ServingStackArgs["server"]>) => (await service("api", { server })).restartAfter;
  expect(await again({ alivePath: "/health", loadGrace: "5m" })).toBe("420s");
  expect(await again({})).toBeUndefined();
  expect(await again({ alivePath: "/health", debug: { port: 5678 } })).toBeUndefined();
});
