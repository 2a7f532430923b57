import { afterAll, beforeAll, expect, test } from "vitest";

import { TestStack, until } from "../support/stack.ts";

/** The example as it is, but for names, a subnet and a port of its own, since a user of this machine may be running it. */
const prefix = "it-fraud-detection";
let stack: TestStack;

beforeAll(async () => {
  const where = { folder: "examples/fraud-detection", project: "fraud-detection", prefix, from: "docker" };
  stack = await TestStack.create("it-docker", where);
  stack.edit(stack.file, (text) =>
    text
      .replaceAll(/(prefix|name): fraud-detection/g, "$1: it-fraud-detection")
      .replace("172.20.0.0/16", "172.27.0.0/16")
      .replace("port: 8000", `port: ${stack.port}`),
  );
});
afterAll(() => stack.remove());

test("runs: features, Redis, API on one port, four ranks on the named network", async () => {
  expect(await stack.up()).toMatchObject({ code: 0 });
  expect(await stack.get("/features/1")).toMatchObject({ status: 200, body: { source: "redis" } });

  const network = await stack.docker.getNetwork(`${prefix}-network`).inspect();
  expect(network.IPAM?.Config).toEqual([{ Subnet: "172.27.0.0/16" }]);
  expect((await stack.exec("api-0", ["getent", "hosts", "redis"])).trim()).toMatch(/172\.27\.\d+\.\d+\s+redis$/);

  const env = async (name: string) => (await stack.container(name).inspect()).Config.Env;
  expect(await env("api-0")).toEqual(
    expect.arrayContaining(["FEATURE_STORE_BACKEND=redis", "REDIS_HOST=redis", "REDIS_PORT=6379", "STORAGE_BASE_DIR=/app/data/features"]),
  );
  for (const rank of [0, 1, 2, 3]) {
    expect(await env(`trainer-${rank}`)).toEqual(
      expect.arrayContaining([
        "FEATURE_STORE_BACKEND=parquet",
        `RANK=${rank}`,
        "WORLD_SIZE=4",
        "MASTER_ADDR=trainer-0",
        "MASTER_PORT=12355",
      ]),
    );
  }
  await until("all ranks have finished", async () => {
    const logs = await Promise.all([0, 1, 2, 3].map((rank) => stack.logs(`trainer-${rank}`)));
    return logs.every((log) => log.includes("finished epochs=20"));
  });
  expect(await stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
});

test("leaves nothing but Redis' data, which is marked to be kept", async () => {
  expect((await stack.pulumi(["destroy", "--yes", "--skip-preview"])).code).toBe(0);
  expect(await stack.leftovers()).toEqual([`${prefix}-redis`]);
});
