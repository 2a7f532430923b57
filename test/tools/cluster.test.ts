import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { type ClusterMeans, usedOrStarted, whyNoCluster } from "../../tools/offline/cluster.ts";
import { close, listen, portOf } from "../support/loopback.ts";

const all: ClusterMeans = { script: true, root: true, kubectl: true, programs: true };

test("a machine that has all it needs can have a cluster", () => expect(whyNoCluster(all)).toBeUndefined());

test.each([
  ["the script", { script: false }, "../shared/cluster is not here"],
  ["root", { root: false }, "MLSTACK_TEST_KUBECONFIG"],
  ["kubectl", { kubectl: false }, "apt-get install kubernetes-client"],
  ["Go and built programs", { programs: false }, "https://go.dev/dl"],
])("a machine without %s has none, and the message says what to do", (_, missing, remedy) => {
  expect(whyNoCluster({ ...all, ...missing })).toContain(remedy);
});

test("only the cause that decides is reported: without the script nothing else matters", () => {
  expect(whyNoCluster({ script: false, root: false, kubectl: false, programs: false })).toBe("../shared/cluster is not here");
});

describe("a cluster", () => {
  let home: string;
  let kubeconfig: string;
  const server = createServer((_, answer) => answer.end("ok"));

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "mlstack-cluster-"));
    kubeconfig = join(home, "kubeconfig");
    await listen(server);
  });
  afterEach(async () => {
    await close(server);
    rmSync(home, { recursive: true });
  });

  /** Does what the real one does as far as the tools can see it, and writes down its arguments. */
  function script(up = `cp ${home}/answers ${kubeconfig}`): string {
    const path = join(home, "cluster");
    writeFileSync(join(home, "answers"), pointingAt(portOf(server)));
    writeFileSync(
      path,
      `#!/bin/sh\necho $@ >>${home}/calls\ncase $1 in kubeconfig) echo ${kubeconfig} ;; up) ${up} ;; down) rm -f ${kubeconfig} ;; esac\n`,
    );
    chmodSync(path, 0o755);
    return path;
  }
  const pointingAt = (port: number) =>
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    });
  const calls = () => readFileSync(join(home, "calls"), "utf8").trim().split("\n");
  const report = () => {};

  test("that runs is used, with the image that every pod begins with, and left running", async () => {
    const path = script();
    writeFileSync(kubeconfig, readFileSync(join(home, "answers")));
    const { value } = await usedOrStarted(path, undefined, report);
    await value.down();
    expect(calls()).toEqual(["kubeconfig", "load local/pause:1"]);
  });

  test("that is started is ended again", async () => {
    const { value } = await usedOrStarted(script(), undefined, report);
    expect(value.kubeconfig).toBe(kubeconfig);
    await value.down();
    expect(calls()).toEqual(["kubeconfig", "build", "up", "down"]);
  });

  test.each([
    ["does not start", "echo no memory; exit 1", /no memory/],
    ["starts and does not answer", "true", /does not answer/],
  ])("that %s is cleared away", async (_, up, message) => {
    await expect(usedOrStarted(script(up), undefined, report)).rejects.toThrow(message);
    expect(calls().at(-1)).toBe("down");
  });

  describe("whose machine was restarted", () => {
    const pid = (name: string, of: number) => {
      mkdirSync(join(home, "run"), { recursive: true });
      writeFileSync(join(home, "run", `${name}.pid`), `${of}\n`);
    };

    test("is cleared away without touching the process that has its number now, and started again", async () => {
      writeFileSync(kubeconfig, pointingAt(1));
      pid("etcd", process.pid);
      pid("kubelet", 2 ** 22 + 1);
      const path = script();
      await usedOrStarted(path, undefined, report);
      expect(calls()).toEqual(["kubeconfig", "down", "build", "up"]);
      expect(existsSync(join(home, "run", "etcd.pid"))).toBe(false);
    });

    test("is left as it is as long as one of its processes runs", async () => {
      writeFileSync(kubeconfig, pointingAt(1));
      pid(readFileSync("/proc/self/comm", "utf8").trim(), process.pid);
      await expect(usedOrStarted(script(), undefined, report)).rejects.toThrow(/cluster down/);
      expect(calls()).not.toContain("down");
    });
  });

  test("that no longer answers is left as it is", async () => {
    writeFileSync(kubeconfig, pointingAt(1));
    await expect(usedOrStarted(script(), undefined, report)).rejects.toThrow(/cluster down; then run this command again/);
    expect(calls()).toEqual(["kubeconfig", "load local/pause:1"]);
  });

  test("that is named has to answer; none is started in its place", async () => {
    const path = script();
    await expect(usedOrStarted(path, "/nowhere", report)).rejects.toThrow("MLSTACK_TEST_KUBECONFIG=/nowhere");
    const { value } = await usedOrStarted(path, join(home, "answers"), report);
    await value.down();
    expect(existsSync(join(home, "calls"))).toBe(false);
  });
});
