import { afterAll, beforeAll, expect, test } from "vitest";

import { daily } from "../support/daily.ts";
import { TestStack, until } from "../support/stack.ts";
import { fraudQuestions, underTraffic } from "../support/traffic.ts";

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
});

test("is looked at, read, entered and restarted, under traffic", async () => {
  // A rank says that it has finished a moment before it ends.
  await until("all ranks have ended", async () => /✓ training\/trainer +finished /.test((await daily(stack, "status")).text));
  const { code, text } = await daily(stack, "status");
  expect(code, text).toBe(0);
  expect(text).toMatch(/✓ features\/api +2\/2 ready .* fraud /);
  expect(text).toMatch(/✓ features\/gateway .* http:\/\/127\.0\.0\.1:\d+/);
  expect(text).toMatch(/✓ training\/trainer +finished /);

  const finished = await daily(stack, "logs", "trainer", "--grep", "finished epochs");
  expect(finished.output.match(/^trainer-\d(?= \| )/gm)?.sort()).toEqual(["trainer-0", "trainer-1", "trainer-2", "trainer-3"]);
  expect(await daily(stack, "shell", "api-1", "--", "sh", "-c", "hostname; exit 7")).toMatchObject({ code: 7, output: "api-1\n" });
  expect(await daily(stack, "shell", "api", "--", "nosuch")).toMatchObject({
    code: 1,
    text: 'api-0 has no program "nosuch" in its image\n',
  });
  expect(await daily(stack, "open", "redis")).toMatchObject({ code: 1, output: "" });

  const questions = fraudQuestions(`http://127.0.0.1:${stack.port}`);
  const { result, answered, failed } = await underTraffic(questions, () => daily(stack, "restart", "api"));
  expect(result).toMatchObject({ code: 0, output: expect.stringMatching(/api-0: ready\n.*\napi-1: ready\n$/) });
  expect(failed).toEqual([]);
  expect(answered).toBeGreaterThan(20);
  expect((await daily(stack, "logs", "api-1", "--previous")).output).toContain("Application startup complete");
});

test("a second up changes nothing, also after a restart", async () => {
  expect(await stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
});

test("what was stopped by hand is said in the words of a preview", async () => {
  await stack.container("api-0").stop({ t: 1 });
  const { code, text } = await daily(stack, "status");
  expect(text).toMatch(/✗ features\/api +1\/2 ready/);
  expect(text).toContain("api-0 was stopped by hand: it will be started again");
  expect(code).toBe(1);
});

test("leaves nothing but Redis' data, which is marked to be kept", async () => {
  expect((await stack.destroy()).code).toBe(0);
  expect(await stack.leftovers()).toEqual([`${prefix}-redis`]);
});
