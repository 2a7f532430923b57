import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test, vi } from "vitest";

import { NO_WAITS } from "../../components/docker/waits.ts";
import { aContainer, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start(true);
});

test("a preview waits for nothing, and says what is down now", async () => {
  const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
  const replica = vi.fn(async () => {});
  const containers = new Map([
    ["shop-api-0", aContainer({ running: true, trouble: "ends again and again" })],
    ["shop-api-1", aContainer({ running: true })],
  ]);
  const ask = onDocker(
    engine,
    (platform, opts) => platform.service("api", aServiceSpec({ replicas: 2 }), opts),
    { containers },
    {},
    { ...NO_WAITS, replica },
  );
  await ask;
  expect(warn.mock.calls).toEqual([
    ["api-0 is down now: it ends again and again; a deployment waits for it, and fails with the cause while that is so"],
  ]);
  expect(replica).not.toHaveBeenCalled();
});
