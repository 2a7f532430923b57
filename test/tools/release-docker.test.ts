import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { DockerClient, Interrupted, loginOf } from "../../tools/release/docker-client.ts";

const PASSWORD = "hunter2";

/** The `docker` command here is a script that notes how it was called, and what its settings were. */
let folder: string;
let stop: AbortController;
let docker: DockerClient;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-docker-test-"));
  for (const name of ["bin", "own", "tmp", "own/contexts"]) mkdirSync(join(folder, name));
  script(
    'cat > "$SEEN/input"; printf "%s\\n" "$@" > "$SEEN/args"; env > "$SEEN/env"; cp "$DOCKER_CONFIG/config.json" "$SEEN/config"; echo out; echo err >&2; exit 3',
  );
  vi.stubEnv("PATH", `${join(folder, "bin")}:${process.env["PATH"]}`);
  vi.stubEnv("SEEN", folder);
  vi.stubEnv("DOCKER_CONFIG", join(folder, "own"));
  vi.stubEnv("TMPDIR", join(folder, "tmp"));
  vi.stubEnv("MLSTACK_REGISTRY_PASSWORD", PASSWORD);
  stop = new AbortController();
});
afterEach(() => {
  docker?.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function script(text: string): void {
  writeFileSync(join(folder, "bin", "docker"), `#!/bin/bash\n${text}\n`);
  chmodSync(join(folder, "bin", "docker"), 0o755);
}

const seen = (what: string) => readFileSync(join(folder, what), "utf8");

function own(settings: object): void {
  writeFileSync(join(folder, "own", "config.json"), JSON.stringify(settings));
}

test("returns the code, standard output alone, and both together", async () => {
  own({});
  docker = new DockerClient(stop.signal);
  const lines: string[] = [];
  const { code, out, text } = await docker.ask(["info"], { onLine: (line) => lines.push(line) });
  expect([code, out, text.split("\n").sort()]).toEqual([3, "out", ["err", "out"]]);
  expect(lines.sort()).toEqual(["err", "out"]);
});

test("a password goes through standard input only, into settings that are removed again", async () => {
  own({ auths: { "r:5000": { auth: "old" }, other: { auth: "kept" } }, credsStore: "keychain", credHelpers: { aws: "ecr" } });
  docker = new DockerClient(stop.signal);
  await docker.login("r:5000", { username: "me", password: PASSWORD });
  expect(seen("args")).toBe("login\n--username\nme\n--password-stdin\nr:5000\n");
  expect(seen("input")).toBe(PASSWORD);
  expect(seen("env")).not.toContain(PASSWORD);
  // The empty helper keeps the login out of the user's keychain.
  expect(JSON.parse(seen("config"))).toEqual({
    auths: { other: { auth: "kept" } },
    credsStore: "keychain",
    credHelpers: { aws: "ecr", "r:5000": "" },
  });
  const used = /^DOCKER_CONFIG=(.*)$/m.exec(seen("env"))?.[1] ?? "";
  expect(used.startsWith(join(folder, "tmp"))).toBe(true);
  expect([statSync(used).mode & 0o777, statSync(join(used, "config.json")).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(readdirSync(used).sort()).toEqual(["config.json", "contexts"]);
  docker.close();
  expect(existsSync(used)).toBe(false);
  expect(readdirSync(join(folder, "own"))).toEqual(["config.json", "contexts"]);
  expect(seen("own/config.json")).toContain('"old"');
});

test("a login to Docker's own registry is stored under none of its names", async () => {
  own({ auths: { "https://index.docker.io/v1/": { auth: "old" } } });
  docker = new DockerClient(stop.signal);
  await docker.login("docker.io", { username: "me", password: PASSWORD });
  const helpers = { "docker.io": "", "index.docker.io": "", "https://index.docker.io/v1/": "" };
  expect(JSON.parse(seen("config"))).toEqual({ auths: {}, credHelpers: helpers });
});

test("what is pushed for one platform is one image, made by the engine", async () => {
  own({});
  vi.stubEnv("BUILDX_BUILDER", "elsewhere");
  docker = new DockerClient(stop.signal);
  await docker.ask(["build"]);
  expect(seen("env")).toMatch(/^BUILDX_NO_DEFAULT_ATTESTATIONS=1$/m);
  expect(seen("env")).toMatch(/^BUILDX_BUILDER=$/m);
});

test("settings of a command that was killed go with the next one; those of one that runs stay", () => {
  own({});
  const [dead, alive] = [2 ** 22 + 1, process.pid].map((pid) => join(folder, "tmp", `mlstack-release-${pid}-abc`));
  for (const path of [dead, alive]) mkdirSync(path ?? "");
  docker = new DockerClient(stop.signal);
  expect([existsSync(dead ?? ""), existsSync(alive ?? "")]).toEqual([false, true]);
});

test("a command that is not there has code 127", async () => {
  vi.stubEnv("PATH", "/nowhere");
  docker = new DockerClient(stop.signal);
  expect((await docker.ask(["info"])).code).toBe(127);
});

test("an interrupt ends the running command, and refuses the next", async () => {
  script('trap "touch $SEEN/ended; exit" TERM; touch "$SEEN/began"; while true; do sleep 0.05; done');
  docker = new DockerClient(stop.signal);
  const running = expect(docker.ask(["build"])).rejects.toThrow(Interrupted);
  await expect.poll(() => existsSync(join(folder, "began"))).toBe(true);
  stop.abort();
  await running;
  await expect.poll(() => existsSync(join(folder, "ended"))).toBe(true);
  await expect(docker.ask(["push"])).rejects.toThrow(Interrupted);
});

test.each([
  [{}, undefined],
  [{ MLSTACK_REGISTRY_USERNAME: "a" }, { missing: "MLSTACK_REGISTRY_PASSWORD" }],
  [{ MLSTACK_REGISTRY_PASSWORD: "b" }, { missing: "MLSTACK_REGISTRY_USERNAME" }],
  [
    { MLSTACK_REGISTRY_USERNAME: "a", MLSTACK_REGISTRY_PASSWORD: "b" },
    { username: "a", password: "b" },
  ],
])("the variables %j are the login %j", (env, login) => expect(loginOf(env)).toEqual(login));
