import { beforeAll, expect, test } from "vitest";

import { onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

test("refuses a name that another workload has, and one that is no host name", async () => {
  const twice = onDocker(engine, (platform, opts) => [1, 2].map(() => platform.service("api", aServiceSpec(), opts)));
  await expect(twice).rejects.toThrow('"api" is taken by another workload of this stack');
  await expect(onDocker(engine, (platform, opts) => platform.service("a".repeat(70), aServiceSpec(), opts))).rejects.toThrow(
    /70 characters; the limit is 63/,
  );
});
