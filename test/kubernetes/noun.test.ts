import { beforeAll, expect, test } from "vitest";

import { MockEngine } from "../support/engine.ts";
import { onKubernetes } from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec, aTaskSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

test("every noun has the type and name by which deployed stacks know it", async () => {
  await onKubernetes(engine, (platform, opts) => {
    platform.image("base", { reference: `a@sha256:${"0".repeat(64)}` }, opts);
    platform.volume("data", {}, opts);
    platform.secret("login", { values: { key: "x" } }, opts);
    platform.configFiles("config", { files: { a: "1" } }, opts);
    platform.service("web", aServiceSpec(), opts);
    platform.job("load", aJobSpec(), opts);
    platform.gang("trainer", aGangSpec(), opts);
    platform.task("train", aTaskSpec(), opts);
  });
  const own = engine.resources.filter(({ type }) => type.startsWith("mlstack:")).map(({ type, name }) => `${type} ${name}`);
  expect(own.sort()).toEqual([
    "mlstack:kubernetes:ConfigFiles config",
    "mlstack:kubernetes:Gang trainer",
    "mlstack:kubernetes:Image base",
    "mlstack:kubernetes:Job load",
    "mlstack:kubernetes:Platform platform",
    "mlstack:kubernetes:Secret login",
    "mlstack:kubernetes:Service web",
    "mlstack:kubernetes:Task train",
    "mlstack:kubernetes:Volume data",
  ]);
});
