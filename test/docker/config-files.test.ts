import { beforeAll, expect, test } from "vitest";

import { CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

test("carries files into a volume named after their content, read-only for who mounts it", async () => {
  const content = async (text: string) => {
    await onDocker(engine, (platform, opts) => {
      const files = platform.configFiles("config", { files: { "a.cfg": text } }, opts);
      platform.service("gateway", aServiceSpec({ container: { image: "a", mounts: [{ files, path: "/etc/a" }] } }), opts);
    });
    return engine.inputs(CONTAINER, "gateway-0")["mounts"];
  };
  const [first] = (await content("one")) as { source: string; readOnly: boolean }[];
  expect(first).toMatchObject({ readOnly: true, source: expect.stringMatching(/^shop-config-[0-9a-f]{8}$/) });
  expect(await content("one")).toEqual([first]);
  expect(await content("two")).not.toEqual([first]);
  const [carrier] = [...engine.of(CONTAINER)].filter(([name]) => name.startsWith("config-"));
  expect(carrier?.[1]).toMatchObject({
    start: false,
    mustRun: false,
    uploads: [{ file: "/files/a.cfg", content: "two", permissions: "0444" }],
  });
});
