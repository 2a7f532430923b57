import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { release } from "../../tools/commands/release.ts";
import { ownRegistry, type Registry } from "../../tools/offline/registry.ts";
import { freePort } from "../support/stack.ts";

/** A release to a real registry that asks for a login. Nothing runs while it is built, so that no emulator is needed. */
const LOGIN = { username: "customer-a", password: "a-password-of-tests" };
const HTPASSWD = "customer-a:$2y$05$Isd4TI1Mp.yHQb78P7slveGUpy4xuI9YN90GZAPz/dRJRhHq2VQNG";
const LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

let folder: string;
let registry: Registry;
let said: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-release-it-"));
  for (const name of ["files", "more"]) {
    mkdirSync(join(folder, name));
    // Another content with every run: no layer of an earlier one may be taken.
    writeFileSync(join(folder, name, "Dockerfile"), "FROM scratch\nCOPY stamp /stamp\n");
    writeFileSync(join(folder, name, "stamp"), `${name} ${Date.now()}`);
  }
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  registry = await ownRegistry(`127.0.0.1:${await freePort()}`, { htpasswd: HTPASSWD });
});

afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await registry.end();
  const docker = new Docker();
  // What a second build has taken the tag from is still known by its digest.
  const own = (await docker.listImages()).filter(({ RepoTags, RepoDigests }) =>
    [...(RepoTags ?? []), ...(RepoDigests ?? [])].some((name) => name.startsWith(`${registry.address}/`)),
  );
  // What is built on another image first: that one cannot go before it.
  const isTop = ({ RepoTags }: Docker.ImageInfo) => (RepoTags ?? []).some((name) => name.includes("/top:"));
  for (const { Id } of [...own.filter(isTop), ...own.filter((one) => !isTop(one))]) await docker.getImage(Id).remove({ force: true });
  rmSync(folder, { recursive: true });
});

/** Releases the named images as version 1.4.0. */
function released(names: readonly string[], password = LOGIN.password): Promise<number> {
  return releasedAs(names.map((name) => `  ${name}: { context: ${name} }\n`).join(""), password);
}

async function releasedAs(images: string, password = LOGIN.password): Promise<number> {
  const file = join(folder, "release.yaml");
  writeFileSync(file, `registry: ${registry.address}/ml\nversion: 1.4.0\nimages:\n${images}`);
  vi.stubEnv("MLSTACK_REGISTRY_USERNAME", LOGIN.username);
  vi.stubEnv("MLSTACK_REGISTRY_PASSWORD", password);
  said = "";
  return release(file);
}

function ask(path: string, accept = "*/*"): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64")}`;
  return fetch(`http://${registry.address}/v2/ml/${path}`, { headers: { authorization, accept } });
}

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`mlstack-release-${process.pid}-`));

test("a wrong password is refused in one message, before anything is built", async () => {
  await expect(released(["files"], "wrong")).rejects.toThrow(/^registry 127\.0\.0\.1:\d+ refuses the login; .*401 Unauthorized\)$/);
  expect((await ask("files/tags/list")).status).toBe(404);
});

test("a failed build leaves no version, and says where it failed", async () => {
  writeFileSync(join(folder, "more", "Dockerfile"), "FROM scratch\nCOPY stamp /stamp\nCOPY missing /missing\n");
  await expect(released(["files", "more"])).rejects.toThrow(/^more for linux\/amd64: the build failed with exit code 1; [\s\S]*missing/);
  writeFileSync(join(folder, "more", "Dockerfile"), "FROM scratch\nCOPY stamp /stamp\n");
  expect(await (await ask("files/tags/list")).json()).toEqual({ name: "ml/files", tags: expect.not.arrayContaining(["1.4.0"]) });
});

test("the next run makes one version of both platforms, each with an image of its own", async () => {
  expect(await released(["files"])).toBe(0);
  const answer = await ask("files/manifests/1.4.0", LIST);
  const index = (await answer.json()) as { manifests: { digest: string; platform: { os: string; architecture: string } }[] };
  expect(index.manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`).sort()).toEqual(["linux/amd64", "linux/arm64"]);
  for (const { digest, platform } of index.manifests) {
    const { config } = (await (await ask(`files/manifests/${digest}`, MANIFEST)).json()) as { config: { digest: string } };
    expect(await (await ask(`files/blobs/${config.digest}`)).json()).toMatchObject(platform);
  }
  expect(said).toContain(`${registry.address}/ml/files@${answer.headers.get("docker-content-digest")}\n  linux/amd64`);
  expect(leftovers()).toEqual([]);
});

test("the same version is refused, and stays when another image joins it", async () => {
  await expect(released(["files"])).rejects.toThrow("/ml has version 1.4.0 of files already, and a released version never changes");
  const digest = async () => (await ask("files/manifests/1.4.0", LIST)).headers.get("docker-content-digest");
  const before = await digest();
  writeFileSync(join(folder, "files", "stamp"), "another content");
  expect(await released(["files", "more"])).toBe(0);
  expect(await digest()).toBe(before);
  expect(said).toContain(`/ml/files@${before}\n`);
  expect((await ask("more/manifests/1.4.0", LIST)).status).toBe(200);
});

test("an image on another one of the release has what that one has, for each platform, and that one is not at the registry", async () => {
  mkdirSync(join(folder, "top"));
  writeFileSync(join(folder, "top", "Dockerfile"), "ARG BASE\nFROM $BASE\nCOPY stamp /top\n", { mode: 0o600 });
  writeFileSync(join(folder, "top", "stamp"), `top ${Date.now()}`, { mode: 0o600 });
  expect(await releasedAs("  top: { context: top, base: below }\n  below: { context: files }\n")).toBe(0);
  expect((await ask("below/tags/list")).status).toBe(404);
  const index = (await (await ask("top/manifests/1.4.0", LIST)).json()) as { manifests: { digest: string }[] };
  expect(index.manifests).toHaveLength(2);
  for (const { digest } of index.manifests) {
    const { layers } = (await (await ask(`top/manifests/${digest}`, MANIFEST)).json()) as { layers: object[] };
    expect(layers).toHaveLength(2);
  }
});
