import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";

import { FeatureStack } from "../../components/feature-stack.ts";
import { RESERVED, TrainingCluster, type TrainingClusterArgs, type trainingClusterSchema } from "../../components/training-cluster.ts";
import type { GangSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

async function asked(changes: Partial<TrainingClusterArgs> = {}): Promise<FakePlatform> {
  const platform = new FakePlatform();
  await engine.run(() => new TrainingCluster("trainer", { platform, image: "t:1", ...changes }));
  return platform;
}

const gang = async (changes?: Partial<TrainingClusterArgs>) => (await asked(changes)).spec("gang", "trainer") as GangSpec;

test("asks for a checkpoint volume and one gang whose members follow env://", async () => {
  const platform = await asked({ nodes: 4, rendezvousPort: 12355 });
  expect(platform.lines).toEqual(["volume trainer-checkpoints", "gang trainer"]);
  expect(platform.spec("gang", "trainer")).toEqual({
    size: 4,
    rendezvousPort: 12355,
    maxRestarts: 3,
    startBudget: "5m",
    inputs: {},
    after: [],
    placement: { accelerator: undefined, nodeSelector: {}, tolerations: [] },
    container: {
      image: "t:1",
      env: {
        CHECKPOINT_DIR: "/app/checkpoints",
        RANK: { from: "member-index" },
        LOCAL_RANK: "0",
        WORLD_SIZE: "4",
        MASTER_ADDR: { from: "leader-address" },
        MASTER_PORT: "12355",
      },
      mounts: [{ volume: expect.objectContaining({ name: "trainer-checkpoints" }), path: "/app/checkpoints" }],
      resources: { cpu: 1, memory: "2Gi", processes: 4096, reservation: {} },
      sharedMemory: "64Mi",
      hosts: {},
    },
  });
});

test("leaves ranks to torchrun when a member runs several processes", async () => {
  const { container } = await gang({ nodes: 2, processesPerNode: 2, command: ["torchrun", "train.py"] });
  expect(container.env).toEqual({
    CHECKPOINT_DIR: "/app/checkpoints",
    PET_NNODES: "2",
    PET_NPROC_PER_NODE: "2",
    PET_NODE_RANK: { from: "member-index" },
    PET_MASTER_ADDR: { from: "leader-address" },
    PET_MASTER_PORT: "12355",
  });
});

test("starts several processes by the reference trainer's torchrun, unless another command is given", async () => {
  expect((await gang({ processesPerNode: 2 })).container.command).toEqual(["trainer-torchrun", "-m", "trainer"]);
  expect((await gang({ processesPerNode: 2, command: ["torchrun", "t.py"] })).container.command).toEqual(["torchrun", "t.py"]);
  expect((await gang()).container.command).toBeUndefined();
});

test("trains on the features of a stack, read-only, after they were built", async () => {
  const platform = new FakePlatform();
  await engine.run(() => {
    const features = new FeatureStack("features", { platform, images: { redis: "r", features: "f", api: "a", gateway: "g" } });
    new TrainingCluster("trainer", { platform, image: "t:1", features, epochs: 5 });
  });
  expect(platform.spec("gang", "trainer")).toMatchObject({
    after: [{ name: "build" }],
    container: {
      env: { FEATURE_STORE_BACKEND: "parquet", STORAGE_BASE_DIR: "/app/data/features", EPOCHS: "5" },
      mounts: [{ volume: { name: "features" }, path: "/app/data/features", readOnly: true }, { path: "/app/checkpoints" }],
    },
  });
});

test("counts processes, not members, as the world", async () => {
  const platform = new FakePlatform();
  const cluster = await engine.run(
    () => new TrainingCluster("trainer", { platform, image: "t", nodes: 3, processesPerNode: 4, command: ["torchrun"] }),
  );
  expect(cluster.worldSize).toBe(12);
  expect(cluster.leader).toBe("trainer-0");
});

test("keeps checkpoints where all members can write, 5Gi unless told otherwise", async () => {
  expect((await asked()).spec("volume", "trainer-checkpoints")).toEqual({ size: "5Gi", keep: false, access: "many-nodes" });
  const told = await asked({ checkpoints: { size: "1Ti", keep: true }, startBudget: "20m" });
  expect(told.spec("volume", "trainer-checkpoints")).toMatchObject({ size: "1Ti", keep: true });
  expect(told.spec("gang", "trainer")).toMatchObject({ startBudget: "20m" });
});

test("switched off it keeps the checkpoints and runs nothing", async () => {
  expect((await asked({ enabled: false })).lines).toEqual(["volume trainer-checkpoints"]);
});

test.each([
  [{}, "64Mi"],
  [{ accelerator: { vendor: "nvidia" as const, count: 1 } }, "1Gi"],
  [{ processesPerNode: 2, command: ["torchrun"] }, "1Gi"],
  [{ sharedMemory: "512Mi" as const }, "512Mi"],
])("with %j the shared memory is %s", async (changes, size) => {
  expect((await gang({ ...changes, resources: { memory: "4Gi" } })).container.sharedMemory).toBe(size);
});

test("says where its members may run", async () => {
  const placement = { nodeSelector: { zone: "a" }, tolerations: [{ key: "spot", effect: "NoSchedule" as const }] };
  expect((await gang(placement)).placement).toMatchObject(placement);
});

describe("refuses", () => {
  test.each([
    [{ nodes: 0 }, "nodes: must be at least 1, got 0"],
    [
      { image: "" },
      'image: must be an image reference in lower case and without spaces, for example "ghcr.io/acme/api:1.4", or a function that returns one; got ""',
    ],
    [{ nodes: 2, nodeSelctor: {} }, 'unknown key "nodeSelctor"; did you mean "nodeSelector"?'],
  ])("%j", async (changes, message) => {
    await expect(asked(changes)).rejects.toThrow(`TrainingCluster "trainer": 1 invalid argument\n  ${message}`);
  });

  test.each(RESERVED)("the reserved variable %s", async (variable) => {
    await expect(asked({ env: { [variable]: "1" } })).rejects.toThrow(`env.${variable}: is reserved`);
  });

  test.each([
    [{ sharedMemory: "4Gi" as const }, 'must be more than scratch and shared memory (4Gi) together (4160Mi), got "2Gi"'],
    [{ processesPerNode: 2, resources: { memory: "1Gi" as const } }, 'shared memory (1Gi) together (1088Mi), got "1Gi"'],
    [{ resources: { memory: "10Mi" as const } }, 'got "10Mi"'],
  ])("%j, which leaves no memory for the program", async (changes, message) => {
    await expect(asked(changes)).rejects.toThrow("resources.memory: ");
    await expect(asked(changes)).rejects.toThrow(message);
  });

  test("all mistakes at once", async () => {
    await expect(asked({ nodes: 0, rendezvousPort: 0, env: { RANK: "1" } })).rejects.toThrow("3 invalid arguments");
  });

  test("a name whose checkpoint volume's name would be too long", async () => {
    const make = engine.run(() => new TrainingCluster("t".repeat(55), { platform: new FakePlatform(), image: "t" }));
    await expect(make).rejects.toThrow(/67 characters; the limit is 63/);
  });
});

test("the schema and the documented arguments are the same", () => {
  expectTypeOf<keyof z.input<typeof trainingClusterSchema>>().toEqualTypeOf<Exclude<keyof TrainingClusterArgs, "platform">>();
});
