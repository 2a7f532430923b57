import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { engineHost, engineVariables, isRemote, LOCAL_SOCKET, providerRemedy } from "../../components/docker/engine-host.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-contexts-"));
  context("gpu", "tcp://10.0.0.7:2376");
  context("rootless", "unix:///run/user/1000/docker.sock");
  mkdirSync(tls("gpu"), { recursive: true });
  writeFileSync(join(tls("gpu"), "cert.pem"), "");
  mkdirSync(join(folder, "used"));
  symlinkSync(join(folder, "contexts"), join(folder, "used", "contexts"));
  writeFileSync(join(folder, "used", "config.json"), JSON.stringify({ currentContext: "rootless" }));
});
afterAll(() => rmSync(folder, { recursive: true }));

const idOf = (name: string) => createHash("sha256").update(name).digest("hex");
const tls = (name: string) => join(folder, "contexts", "tls", idOf(name), "docker");

/** What `docker context create` writes. */
function context(name: string, host: string): void {
  const meta = join(folder, "contexts", "meta", idOf(name));
  mkdirSync(meta, { recursive: true });
  writeFileSync(
    join(meta, "meta.json"),
    JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } }),
  );
}
const env = (variables: Record<string, string> = {}) => ({ DOCKER_CONFIG: folder, ...variables });
const used = (variables: Record<string, string> = {}) => ({ DOCKER_CONFIG: join(folder, "used"), ...variables });

describe("the engine that is meant", () => {
  test.each([
    ["the local one", () => env(), LOCAL_SOCKET, undefined],
    ["what DOCKER_HOST names", () => used({ DOCKER_HOST: "tcp://a:1", DOCKER_CONTEXT: "gpu" }), "tcp://a:1", "DOCKER_HOST"],
    ["what DOCKER_HOST names without a scheme", () => env({ DOCKER_HOST: "a:1" }), "tcp://a:1", "DOCKER_HOST"],
    ["what DOCKER_CONTEXT names", () => used({ DOCKER_CONTEXT: "gpu" }), "tcp://10.0.0.7:2376", "DOCKER_CONTEXT=gpu"],
    ["the context in use", () => used(), "unix:///run/user/1000/docker.sock", "docker context use rootless"],
    ["the local one by name", () => used({ DOCKER_CONTEXT: "default" }), LOCAL_SOCKET, undefined],
    ["the local one where variables are empty", () => env({ DOCKER_HOST: "", DOCKER_CONTEXT: "" }), LOCAL_SOCKET, undefined],
  ])("is %s", (_, given, address, chosenBy) => expect(engineHost(given())).toMatchObject({ address, chosenBy }));

  test("has the certificates of its context", () => {
    expect(engineHost(env({ DOCKER_CONTEXT: "gpu" })).certificates).toBe(tls("gpu"));
    expect(engineHost(env({ DOCKER_CONTEXT: "rootless" })).certificates).toBeUndefined();
  });

  test("is refused where its context does not exist", () => {
    expect(() => engineHost(env({ DOCKER_CONTEXT: "gqu" }))).toThrow(
      'Docker: there is no context "gqu", which DOCKER_CONTEXT=gqu names; see `docker context ls`.',
    );
  });

  test.each([
    ["tcp://10.0.0.7:2376", true],
    ["ssh://me@gpu", true],
    [LOCAL_SOCKET, false],
    ["unix:///run/user/1000/podman/podman.sock", false],
  ])("%s is on another machine: %s", (DOCKER_HOST, remote) => expect(isRemote(engineHost({ DOCKER_HOST }))).toBe(remote));
});

describe("the provider", () => {
  /** What has to be run first, and whether the variables of the commands make it unnecessary. */
  const remedies = (given: Record<string, string>) => {
    const host = engineHost(given);
    return [providerRemedy(host, given), providerRemedy(host, { ...given, ...engineVariables(host, given) })];
  };

  test("means the same engine by the variables of the commands, whichever it is", () => {
    for (const given of [
      env(),
      used(),
      env({ DOCKER_HOST: "tcp://a:1" }),
      env({ DOCKER_CONTEXT: "gpu" }),
      used({ DOCKER_CONTEXT: "default" }),
    ])
      expect(remedies(given)[1], JSON.stringify(given)).toBeUndefined();
  });

  test("means another one by itself where a context is in use, which it does not know", () => {
    expect(remedies(env())).toEqual([undefined, undefined]);
    expect(remedies(env({ DOCKER_HOST: "tcp://a:1" }))).toEqual([undefined, undefined]);
    expect(remedies(used())[0]).toBe("export DOCKER_HOST=unix:///run/user/1000/docker.sock; unset DOCKER_CONTEXT");
  });

  test("knows no context called default", () => {
    expect(remedies(used({ DOCKER_CONTEXT: "default" }))[0]).toBe("unset DOCKER_CONTEXT");
  });
});
