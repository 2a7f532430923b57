import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import type { ImageSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";

const BUILT = "docker:index/remoteImage:RemoteImage";
const PUSHED = "docker:index/registryImage:RegistryImage";
const PROVIDER = "pulumi:providers:docker";
/** Where the sources are copied to when the image is built. */
const COPY = /\/sources\/[0-9a-f]{16}\/context$/;
const DIGEST = `sha256:${"a".repeat(64)}`;

let engine: MockEngine;
let folder: string;
beforeAll(async () => {
  engine = await MockEngine.start();
  folder = mkdtempSync(join(tmpdir(), "mlstack-image-"));
  writeFileSync(join(folder, "Dockerfile"), "ARG BASE=scratch\nFROM $BASE AS runtime\nCOPY . /\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (address: string, login = {}): KubernetesSettings => ({ registry: { address, ...login } });

/** Asks for an image; the reference that containers name. */
async function reference(spec: ImageSpec, settings: KubernetesSettings = {}): Promise<string> {
  const image = await engine.run(() => {
    const platform = KubernetesPlatform.offline(settings);
    return platform.image("api", spec, { parent: platform });
  });
  return new Promise((resolve) => image.reference.apply(resolve));
}

test("a login has both its halves, or is refused with the way to give them", async () => {
  for (const half of [{ username: "me" }, { password: "hunter2" }]) {
    await expect(reference({ reference: `a@${DIGEST}` }, at("registry.example.com", half))).rejects.toThrow(
      /platform\.registry\.(password|username): is required with the other half of the login/,
    );
  }
});

describe("a given image", () => {
  test.each([`redis@${DIGEST}`, `registry.example.com:5000/team/redis:8@${DIGEST}`])("by digest is named as it is (%s)", async (given) => {
    expect(await reference({ reference: given })).toBe(given);
    expect([engine.of(BUILT).size, engine.of(PROVIDER).size]).toEqual([0, 0]);
  });

  test.each(["redis:8", "redis"])("by tag is refused, with what shows its digest (%s)", async (given) => {
    await expect(reference({ reference: given })).rejects.toThrow(
      `image "api": 1 invalid argument\n  reference: must name the image by digest (redis`,
    );
    await expect(reference({ reference: given })).rejects.toThrow(
      `@sha256:…), got "${given}"; \`docker buildx imagetools inspect ${given}\` shows the digest, and platform.pinnedImages: false allows tags`,
    );
  });

  test.each([`redis@sha256:${"a".repeat(63)}`, `redis@${DIGEST}x`, "My Image:latest", ""])(
    "that is no reference is refused with an example, whether tags are allowed or not (%j)",
    async (given) => {
      for (const pinnedImages of [true, false]) {
        await expect(reference({ reference: given }, { pinnedImages })).rejects.toThrow(
          `image "api": 1 invalid argument\n  reference: must be an image reference in lower case and without spaces, for example "ghcr.io/acme/api:1.4", got "${given}"`,
        );
      }
    },
  );

  test("by tag is taken where tags are allowed", async () => {
    expect(await reference({ reference: "redis:8" }, { pinnedImages: false })).toBe("redis:8");
  });

  test("of a registry with a port is suggested under its whole name", async () => {
    await expect(reference({ reference: "localhost:5000/redis:8" })).rejects.toThrow("(localhost:5000/redis@sha256:…)");
  });

  test("that is not known yet is taken", async () => {
    expect(await reference({ reference: pulumi.output("redis:8") })).toBe("redis:8");
  });
});

describe("a built image", () => {
  const build = (changes = {}): ImageSpec => ({ build: { context: folder, ...changes } });

  test("needs a registry to be pushed to", async () => {
    await expect(reference(build())).rejects.toThrow(
      'image "api": 1 invalid argument\n  build: not available on Kubernetes without a registry; set platform.registry.address, to which it is pushed (`npm run registry` starts one on this machine for a trial), or give the reference of an image that is there',
    );
  });

  test("is tagged by its content, pushed, and named by what the registry has", async () => {
    const named = await reference(build({ target: "runtime", args: { BASE: "debian" } }), at("registry.example.com/team"));
    expect(engine.inputs(BUILT, "api")).toEqual({
      name: expect.stringMatching(/^registry\.example\.com\/team\/api:[0-9a-f]{12}$/),
      keepLocally: true,
      build: {
        context: expect.stringMatching(COPY),
        dockerfile: "Dockerfile",
        buildArgs: { BASE: "debian" },
        target: "runtime",
        forceRemove: true,
      },
    });
    expect(engine.inputs(PUSHED, "api")).toEqual({ name: engine.inputs(BUILT, "api")["name"], keepRemotely: true });
    expect(named).toBe(`registry.example.com/team/api@${DIGEST}`);
  });

  test("has the same tag for the same content, and another one for another", async () => {
    const tag = async () => {
      await reference(build(), at("registry.example.com"));
      return engine.inputs(BUILT, "api")["name"];
    };
    const first = await tag();
    expect(await tag()).toBe(first);
    writeFileSync(join(folder, "more"), "x");
    expect(await tag()).not.toBe(first);
  });

  test("is built on another one, which is not pushed", async () => {
    const platform = () => KubernetesPlatform.offline(at("registry.example.com"));
    await engine.run(() => {
      const on = platform();
      const python = on.image("python", build(), { parent: on });
      const { reference } = on.image("api", build({ base: python }), { parent: on });
      return reference;
    });
    const base = engine.inputs(BUILT, "python")["name"];
    expect(base).toMatch(/^registry\.example\.com\/python:[0-9a-f]{12}$/);
    expect(engine.inputs(BUILT, "api")["build"]).toMatchObject({ buildArgs: { BASE: base } });
    expect([...engine.of(PUSHED).keys()]).toEqual(["api"]);
    expect(engine.inputs(BUILT, "api")["name"]).not.toBe(String(base).replace("python", "api"));
  });

  test("has the same tag whichever registry it and its base go to", async () => {
    const tag = async (registry: string) => {
      await engine.run(() => {
        const on = KubernetesPlatform.offline(at(registry));
        return on.image("api", build({ base: on.image("python", build(), { parent: on }) }), { parent: on });
      });
      return String(engine.inputs(BUILT, "api")["name"]).replace(/^.*:/, "");
    };
    expect(await tag("registry.example.com/team")).toBe(await tag("localhost:5000"));
  });

  test("is pushed with the login, which the state keeps secret", async () => {
    await reference(build(), at("registry.example.com/team", { username: "me", password: "hunter2" }));
    expect(JSON.stringify(engine.inputs(PUSHED, "api")["authConfig"])).toContain('"https://registry.example.com"');
    expect(engine.options(PUSHED, "api").secretOutputs).toContain("authConfig");
    expect(JSON.stringify(engine.resources.filter(({ type, name }) => type !== PUSHED && name !== "registry"))).not.toContain("hunter2");
  });

  test("is pushed through one provider, to which a registry without a login is known as such", async () => {
    await engine.run(() => {
      const platform = KubernetesPlatform.offline(at("localhost:5000"));
      for (const name of ["api", "web"]) platform.image(name, build(), { parent: platform });
    });
    const auth = engine.inputs(PROVIDER, "registry")["registryAuth"];
    expect(JSON.parse(String(auth))).toEqual([{ address: "http://localhost:5000", authDisabled: true }]);
    expect(engine.resources.filter(({ type }) => type === PROVIDER)).toHaveLength(1);
    await reference(build(), at("localhost:5000", { username: "me", password: "hunter2" }));
    expect(engine.inputs(PROVIDER, "registry")).not.toHaveProperty("registryAuth");
  });
});
