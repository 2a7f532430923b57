import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import { FakeImageRegistry } from "../support/fake-image-registry.ts";
import { previewOnApi } from "../support/preview-on-api.ts";
import { aServiceSpec } from "../support/specs.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const LOGIN = { username: "ci", password: "right" };

const here = previewOnApi();
const { api } = here;
let registry: FakeImageRegistry;
let folder: string;
beforeAll(async () => {
  registry = await new FakeImageRegistry().start();
  folder = mkdtempSync(join(tmpdir(), "mlstack-push-"));
  writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await registry.stop();
});
beforeEach(() => registry.reset());

async function declared(declare: (platform: KubernetesPlatform) => void, settings: KubernetesSettings = {}): Promise<void> {
  const platform = await KubernetesPlatform.connect({ namespace: { name: "shop" }, expose: { kind: "none" }, ...settings });
  await here.engine.run(async () => {
    declare(platform);
    await platform.admitted();
  });
}

describe("before an image is built", () => {
  const pushed = (login = {}, address = `${registry.host}/team`) =>
    declared(
      (platform) => {
        for (const name of ["api", "redis"]) void platform.image(name, { build: { context: folder } }, { parent: platform }).reference;
      },
      { registry: { address, ...login } },
    );

  test("its registry is asked whether it takes it, and the upload is given up", async () => {
    await pushed();
    expect(registry.asked).toEqual(
      expect.arrayContaining(["GET /v2/", "POST /v2/team/api/blobs/uploads/", "DELETE /v2/team/api/blobs/uploads/upload-1"]),
    );
  });

  test.each(["basic", "bearer"] as const)("its registry lets the right user in (%s)", async (challenge) => {
    Object.assign(registry, { login: "ci:right", challenge });
    await pushed(LOGIN);
    expect(registry.asked).toContain("POST /v2/team/redis/blobs/uploads/");
  });

  test.each(["basic", "bearer"] as const)("a wrong password is said once, with user and remedy, and not shown (%s)", async (challenge) => {
    Object.assign(registry, { login: "ci:right", challenge });
    const refusal = pushed({ username: "ci", password: "hunter2hunter2" });
    await expect(refusal).rejects.toThrow(
      `Kubernetes: 1 obstacle; nothing was changed\n  platform.registry.password: ${registry.host} does not accept user "ci" with this password; set the right one by \`npm run pulumi -- config set --secret`,
    );
    await expect(refusal).rejects.not.toThrow("hunter2");
  });

  test("a login that is missing is asked for", async () => {
    registry.login = "ci:right";
    await expect(pushed()).rejects.toThrow(`platform.registry.username: is required: ${registry.host} wants a login`);
  });

  test("a registry that nobody answers for is said once, with what starts one", async () => {
    await expect(pushed({}, "127.0.0.1:1/team")).rejects.toThrow(
      /1 obstacle; .*\n {2}platform\.registry\.address: no image registry answers at "127\.0\.0\.1:1\/team" \(.+\); start it, or correct the address \(`npm run registry`/,
    );
  });

  test("another program at its address is no registry", async () => {
    registry.broken = 404;
    await expect(pushed()).rejects.toThrow(`platform.registry.address: ${registry.host} is no image registry`);
  });

  test.each([401, 403])("a user who may not push is said, with the repository (%i)", async (status) => {
    Object.assign(registry, { login: "ci:right", push: status });
    await expect(pushed(LOGIN)).rejects.toThrow(
      `platform.registry: ${registry.host} does not let user "ci" push "team/api" (${status}); give the right to push there`,
    );
  });

  test("a repository that has to be made first is said", async () => {
    registry.push = 404;
    await expect(pushed()).rejects.toThrow('has no repository "team/api" and makes none by itself; create it');
  });

  test.each([429, 503])("what the registry cannot say now is no obstacle, and said once (%i)", async (status) => {
    const warned = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    registry.broken = status;
    await pushed();
    expect(warned.mock.calls.map(([text]) => text)).toEqual([expect.stringContaining(`answered ${status}`)]);
  });

  test.each([
    ["DOCKER_HOST", "tcp://10.0.0.7:2376"],
    ["HTTPS_PROXY", "http://proxy:3128"],
  ])("a registry that only the engine may reach is no obstacle (%s)", async (name, value) => {
    vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    vi.stubEnv(name, value);
    await pushed({}, "registry.invalid/team");
  });
});

describe("an image that is given", () => {
  const given = (reference: string) =>
    declared((platform) => void platform.image("api", { reference }, { parent: platform }), { pinnedImages: false });

  test("is looked for, by digest and by tag", async () => {
    registry.images = [`team/api@${DIGEST}`, "team/api:1"];
    for (const version of [`@${DIGEST}`, ":1"]) await given(`${registry.host}/team/api${version}`);
    expect(registry.asked).toEqual([`HEAD /v2/team/api/manifests/${DIGEST}`, "HEAD /v2/team/api/manifests/1"]);
  });

  test.each([
    [`@${DIGEST}`, "digest"],
    [":2", "tag"],
  ])("and is not there is refused (%s)", async (version, what) => {
    const reference = `${registry.host}/team/api${version}`;
    await expect(given(reference)).rejects.toThrow(
      `image "api": "${reference}" is not there: ${registry.host} answers 404, and no node has it; correct the ${what}, or push the image`,
    );
  });

  test("directly to a service is looked for as well", async () => {
    const image = `${registry.host}/team/api:2`;
    const container = { ...aServiceSpec().container, image };
    await expect(declared((platform) => void platform.service("api", aServiceSpec({ container }), { parent: platform }))).rejects.toThrow(
      `"api": image: "${image}" is not there`,
    );
  });

  test("may be on a node only", async () => {
    const reference = `${registry.host}/team/api:2`;
    api.answers["/api/v1/nodes"] = { items: [{ status: { images: [{ names: [reference] }] } }] };
    await given(reference);
  });

  test.each([401, 403, 503])("is taken where its registry does not say (%i)", async (status) => {
    registry.broken = status;
    await given(`${registry.host}/team/api:2`);
  });

  test("is taken where its registry cannot be reached", async () => {
    await given("127.0.0.1:1/team/api:2");
  });
});
