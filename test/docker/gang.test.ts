import { beforeAll, expect, test } from "vitest";

import { leaderAddress, memberIndex } from "../../components/workload/index.ts";
import { CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aGangSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const gang = (changes = {}) =>
  onDocker(engine, (platform, opts) => {
    platform.gang(
      "trainer",
      aGangSpec({ size: 3, container: { image: "a", env: { RANK: memberIndex(), MASTER_ADDR: leaderAddress() } }, ...changes }),
      opts,
    );
  });

test("is members that know their index and their leader", async () => {
  await gang();
  const envs = [...engine.of(CONTAINER)].map(([name, inputs]) => [name, inputs["hostname"], inputs["envs"]]);
  expect(envs).toEqual([0, 1, 2].map((index) => [`trainer-${index}`, `trainer-${index}`, ["MASTER_ADDR=trainer-0", `RANK=${index}`]]));
});

test("is started again when an input changes", async () => {
  const label = async (inputs?: Record<string, string>) => {
    await gang(inputs === undefined ? {} : { inputs });
    const labels = engine.inputs(CONTAINER, "trainer-1")["labels"] as { label: string; value: string }[];
    return labels.find((one) => one.label === "dev.mlstack.inputs")?.value;
  };
  const [one, again, other] = [await label({ data: "1" }), await label({ data: "1" }), await label({ data: "2" })];
  expect(one).toMatch(/^[0-9a-f]{12}$/);
  expect([again === one, other === one, await label()]).toEqual([true, false, undefined]);
});

test("is started again after a failure, so many times, and not after its end", async () => {
  await gang({ maxRestarts: 5 });
  expect(engine.inputs(CONTAINER, "trainer-2")).toMatchObject({ restart: "on-failure", maxRetryCount: 5, mustRun: false });
  await gang({ maxRestarts: 0 });
  expect(engine.inputs(CONTAINER, "trainer-2")).toMatchObject({ restart: "no" });
  expect(engine.inputs(CONTAINER, "trainer-2")).not.toHaveProperty("maxRetryCount");
});
