import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import { folderMissing } from "../../components/docker/host-folder.ts";
import type { DockerPlatform } from "../../components/docker/platform.ts";
import { CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const mounting = (hostFolder: string) => ({ image: "a", mounts: [{ hostFolder, path: "/models" }] });
type Ask = (platform: DockerPlatform, opts: { parent: pulumi.Resource }) => void;
const on = (ask: Ask) => onDocker(engine, ask);

/** The three kinds of workloads, each mounting a folder of the host. */
const KINDS: [string, string, (folder: string) => Ask][] = [
  ["service", "it-0", (folder) => (platform, opts) => platform.service("it", aServiceSpec({ container: mounting(folder) }), opts)],
  ["job", "it", (folder) => (platform, opts) => platform.job("it", aJobSpec({ container: mounting(folder) }), opts)],
  ["gang", "it-1", (folder) => (platform, opts) => platform.gang("it", aGangSpec({ container: mounting(folder) }), opts)],
];

describe.each(KINDS)("a %s", (_, container, asking) => {
  test.each([HERE, `${HERE}/`, `${HERE}/../docker//`])("mounts a folder of the host, read-only, under its tidy path", async (folder) => {
    await on(asking(folder));
    expect(engine.inputs(CONTAINER, container)["mounts"]).toEqual([{ type: "bind", source: HERE, target: "/models", readOnly: true }]);
  });

  test("is refused, once, where the folder is not there", async () => {
    await expect(on(asking("/nowhere/models"))).rejects.toHaveProperty(
      "message",
      'Docker: 1 obstacle; nothing was changed\n  "it": mounts[0].hostFolder: must be a folder of this machine, got "/nowhere/models", which does not exist; create it, or correct the path',
    );
  });
});

test.each(["tcp://10.0.0.7:2376", "ssh://me@gpu"])("an engine at %s looks for the folder itself, and that is said", async (host) => {
  vi.stubEnv("DOCKER_HOST", host);
  const said = vi.spyOn(pulumi.log, "info").mockResolvedValue();
  await on((platform, opts) => platform.service("it", aServiceSpec({ replicas: 2, container: mounting("/nowhere/models") }), opts));
  expect(engine.inputs(CONTAINER, "it-1")["mounts"]).toMatchObject([{ source: "/nowhere/models" }]);
  expect(said.mock.calls).toEqual([
    ['"it": mounts[0].hostFolder: "/nowhere/models" is looked for by the engine only, which is on another machine'],
  ]);
});

describe("a folder that may be written", () => {
  const writing = (user?: { uid: number; gid: number }) => ({
    image: "a",
    mounts: [{ hostFolder: HERE, path: "/models", readOnly: false }],
    user,
  });
  const deployed = (settings = {}, user?: { uid: number; gid: number }) =>
    onDocker(engine, (platform, opts) => platform.service("it", aServiceSpec({ container: writing(user) }), opts), {}, settings);

  test("is mounted so, and a line says where its owner is another than the container's user", async () => {
    const said = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    const { uid, gid } = statSync(HERE);
    await deployed();
    expect(engine.inputs(CONTAINER, "it-0")["mounts"]).toMatchObject([{ source: HERE, readOnly: false }]);
    expect(said.mock.calls).toEqual([[expect.stringContaining(`the container's user 10001:10001 may not write into "${HERE}"`)]]);
    expect(said.mock.calls[0]?.[0]).toContain(`the owner's (${uid}:${gid})`);
  });

  test("is refused where customers rely on the stack", async () => {
    await expect(deployed({ production: true })).rejects.toThrow(
      '"it": mounts[0].hostFolder: not available on a platform marked production (platform.production); leave out readOnly: false',
    );
  });
});

describe("a folder of the host", () => {
  const here = fileURLToPath(new URL(".", import.meta.url));

  test("that is there can be mounted", () => expect(folderMissing("m", here)).toBeUndefined());

  test.each([
    ["which does not exist; create it", "/nowhere/models"],
    ["which does not exist; create it", `${fileURLToPath(import.meta.url)}/models`],
    ["which is none; mount the folder that it is in", fileURLToPath(import.meta.url)],
  ])("%s", (why, folder) =>
    expect(folderMissing("m", folder)).toMatchObject({ path: "m", message: expect.stringContaining(`"${folder}", ${why}`) }),
  );
});
