import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import type { ImageSpec } from "../../components/workload/index.ts";
import { aDockerPlatform } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";

const IMAGE = "docker:index/remoteImage:RemoteImage";
/** Where the sources are copied to when the image is built. */
const COPY = /\/sources\/[0-9a-f]{16}\/context$/;
const RECIPE = "ARG BASE=scratch\nFROM $BASE AS runtime\nCOPY . /\n";

let engine: MockEngine;
let folder: string;
beforeAll(async () => {
  engine = await MockEngine.start();
  folder = mkdtempSync(join(tmpdir(), "mlstack-image-"));
  writeFileSync(join(folder, "Dockerfile"), RECIPE);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Asks for a base and for an image on it; each by its name on the engine. */
async function build(
  base: Partial<Extract<ImageSpec, { build: unknown }>["build"]>,
  on = "python",
): Promise<[base: string, image: string]> {
  await engine.run(() => {
    const platform = aDockerPlatform();
    const python = platform.image(on, { build: { context: folder, ...base } }, { parent: platform });
    platform.image("api", { build: { context: folder, base: python } }, { parent: platform });
  });
  return [String(engine.inputs(IMAGE, on)["name"]), String(engine.inputs(IMAGE, "api")["name"])];
}

test("an image is tagged by its content, and stays on the engine", async () => {
  await build({ args: { BASE: "debian" }, target: "runtime" });
  expect(engine.inputs(IMAGE, "python")).toEqual({
    name: expect.stringMatching(/^mlstack\/python:[0-9a-f]{12}$/),
    keepLocally: true,
    build: {
      context: expect.stringMatching(COPY),
      dockerfile: "Dockerfile",
      buildArgs: { BASE: "debian" },
      target: "runtime",
      forceRemove: true,
    },
  });
});

test("an engine that asks for certificates builds over the provider's own connection, and any other as ever", async () => {
  const certificates = mkdtempSync(join(tmpdir(), "mlstack-certificates-"));
  for (const name of ["ca", "cert", "key"])
    writeFileSync(join(certificates, `${name}.pem`), "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
  const built = async (host: string, folderOfCertificates: string) => {
    vi.stubEnv("DOCKER_HOST", host);
    vi.stubEnv("DOCKER_CERT_PATH", folderOfCertificates);
    await build({}).finally(() => vi.unstubAllEnvs());
    return engine.inputs(IMAGE, "python")["build"];
  };
  expect(await built("tcp://10.0.0.7:2376", certificates)).toHaveProperty("useLegacyBuilder", true);
  for (const host of ["", "unix:///run/docker.sock", "ssh://me@gpu"])
    expect(await built(host, certificates)).not.toHaveProperty("useLegacyBuilder");
  expect(await built("tcp://10.0.0.7:2375", "")).not.toHaveProperty("useLegacyBuilder");
  rmSync(certificates, { recursive: true });
});

test("an image on another one is built after it, from it, under a tag that follows from both", async () => {
  const [base, image] = await build({});
  expect(engine.inputs(IMAGE, "api")["build"]).toMatchObject({ buildArgs: { BASE: base } });
  expect(engine.options(IMAGE, "api").after).toContain(`${IMAGE.split("$").at(-1)} python`);
  expect(await build({})).toEqual([base, image]);
  const [otherBase, otherImage] = await build({ args: { BASE: "debian" } });
  expect([otherBase === base, otherImage === image]).toEqual([false, false]);
});

test.each(["debian:bookworm-slim", pulumi.output("debian:bookworm-slim")])(
  "an image may be built on a reference, known or not yet",
  async (base) => {
    await engine.run(() => {
      const platform = aDockerPlatform();
      return platform.image("api", { build: { context: folder, base } }, { parent: platform });
    });
    expect(engine.inputs(IMAGE, "api")).toMatchObject({
      name: expect.stringMatching(/^mlstack\/api:[0-9a-f]{12}$/),
      build: { buildArgs: { BASE: "debian:bookworm-slim" } },
    });
  },
);

test("a file that the program may not read is refused with its name", async () => {
  const platform = () => {
    const one = aDockerPlatform();
    return one.image("api", { build: { context: folder } }, { parent: one });
  };
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "key"), "x");
  chmodSync(join(folder, "key"), 0o000);
  if (process.getuid?.() === 0) process.seteuid?.(65534);
  try {
    await expect(engine.run(platform)).rejects.toThrow(/image "api": 1 invalid argument\n {2}build\.context: cannot be read: EACCES.*key/);
  } finally {
    if (process.getuid?.() === 0) process.seteuid?.(0);
    rmSync(join(folder, "key"));
  }
});

test("a wrong pattern in .dockerignore is refused with its file", async () => {
  writeFileSync(join(folder, ".dockerignore"), "a\n[b\n");
  const ask = () => {
    const platform = aDockerPlatform();
    return platform.image("api", { build: { context: folder } }, { parent: platform });
  };
  await expect(engine.run(ask)).rejects.toThrow(
    `image "api": 1 invalid argument\n  build.context: cannot be read: ${folder}/.dockerignore: "[b" is not a valid pattern; `,
  );
  rmSync(join(folder, ".dockerignore"));
});
