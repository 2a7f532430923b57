import { beforeAll, expect, test } from "vitest";

import { RETRY_LABEL } from "../../components/docker/labels.ts";
import { aContainer, type aDockerPlatform, CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aJobSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const retry = () => engine.inputs(CONTAINER, "load")["labels"];
const job = (...setting: Parameters<typeof aDockerPlatform>) =>
  onDocker(engine, (platform, opts) => platform.job("load", aJobSpec({ inputs: { data: "1" } }), opts), ...setting);

test("is waited for, not started again, and not replaced for a limit", async () => {
  await job();
  expect(engine.inputs(CONTAINER, "load")).toMatchObject({ attach: true, mustRun: false, restart: "no", entrypoints: ["load"] });
  expect(engine.inputs(CONTAINER, "load")).not.toHaveProperty("cpus");
  expect(engine.inputs(CONTAINER, "load")).not.toHaveProperty("shmSize");
});

test("is run again after a failure, and is left alone after the success that followed", async () => {
  const failed = { containers: new Map([["shop-load", aContainer({ exitCode: 3, id: "f".repeat(64) })]]) };
  await job(failed);
  expect(retry()).toContainEqual({ label: RETRY_LABEL, value: "ffffffffffff" });
  const succeeded = { containers: new Map([["shop-load", aContainer({ labels: { [RETRY_LABEL]: "ffffffffffff" } })]]) };
  await job(succeeded);
  expect(retry()).toContainEqual({ label: RETRY_LABEL, value: "ffffffffffff" });
  await job();
  expect(retry()).toContainEqual({ label: RETRY_LABEL, value: "" });
});
