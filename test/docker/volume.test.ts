import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";

import { CONTAINER, onDocker, VOLUME } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

test("mounts a volume by the name that it was created with", async () => {
  await onDocker(engine, (platform, opts) => {
    const volume = platform.volume("data", {}, opts);
    platform.service("api", aServiceSpec({ container: { image: "a", mounts: [{ volume, path: "/data", readOnly: true }] } }), opts);
  });
  expect(engine.inputs(VOLUME, "data")["name"]).toBe("shop-data");
  expect(engine.inputs(CONTAINER, "api-0")["mounts"]).toEqual([{ type: "volume", source: "shop-data", target: "/data", readOnly: true }]);
});

test("refuses a volume of another platform", async () => {
  const stray = { kind: "volume", name: "elsewhere", resource: Object.create(pulumi.Resource.prototype), access: "one-node" } as const;
  const ask = onDocker(engine, (platform, opts) =>
    platform.service("api", aServiceSpec({ container: { image: "a", mounts: [{ volume: stray, path: "/d" }] } }), opts),
  );
  await expect(ask).rejects.toThrow('volume "elsewhere" is not of this platform');
});
