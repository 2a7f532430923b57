import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import type { Ask } from "../contract/program.ts";
import { TestStack } from "../support/stack.ts";

/** The promises of the port, on the real engine. Each test begins with an empty stack. */
let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.create("mlstack-ct", { main: "test/contract/program.ts" });
});
afterEach(async () => {
  await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
});
afterAll(() => stack.remove());

/** Deploys what is asked for. */
function up(ask: Omit<Ask, "docker">, ...args: string[]) {
  stack.configure({ ask: { docker: { prefix: stack.prefix }, ...ask } });
  return stack.up(...args);
}

const small = { cpu: 0.2, memory: "160Mi" } as const;
const shell = (script: string, changes = {}) => ({ command: ["bash", "-c", script], resources: small, ...changes });
const ready = (changes = {}) => ({ kind: "exec" as const, command: ["test", "-f", "/tmp/ready"], interval: "500ms" as const, ...changes });
const READY = "touch /tmp/ready; exec sleep 600";

/** Prints the line that somebody sends to port 1024; perl is part of every Debian image. */
const WITNESS = `exec perl -MIO::Socket::INET -e '$|=1; $s=IO::Socket::INET->new(LocalPort=>1024,Listen=>1) or die; open F,">/tmp/ready"; close F; while($c=$s->accept){print "heard: ",<$c>}'`;

const service = (container = shell(READY), changes = {}) => ({
  services: { web: { container, port: 80, readiness: ready(), startBudget: "6s" as const, ...changes } },
});

const inspect = (name = "web-0") => stack.container(name).inspect();

describe("a service", () => {
  test("that never becomes ready fails the first and the second deployment, and recovers once it is mended", async () => {
    for (const _ of [1, 2]) expect((await up(service(shell("exec sleep 600")))).code).not.toBe(0);
    expect((await up(service())).code).toBe(0);
    expect((await inspect()).State.Health?.Status).toBe("healthy");
    expect((await up(service(), "--expect-no-changes")).code).toBe(0);
  });

  test.each([
    [
      "a scratch folder's size",
      service(shell(READY, { scratch: { "/tmp": "32Mi" } })),
      async () => (await inspect()).HostConfig.Tmpfs?.["/tmp"],
      "size=33554432,mode=1777",
    ],
    [
      "the shared memory's size",
      service(shell(READY, { sharedMemory: "16Mi" })),
      async () => (await inspect()).HostConfig.Tmpfs?.["/dev/shm"],
      "size=16777216,mode=1777",
    ],
    [
      "the processor limit",
      service(shell(READY, { resources: { ...small, cpu: 0.3 } })),
      async () => (await inspect()).HostConfig.CpuQuota,
      30_000,
    ],
    [
      "the memory limit",
      service(shell(READY, { resources: { ...small, memory: "200Mi" } })),
      async () => (await inspect()).HostConfig.Memory,
      200 * 1024 ** 2,
    ],
    [
      "the probe's interval",
      service(shell(READY), { readiness: ready({ interval: "700ms" }) }),
      async () => (await inspect()).Config.Healthcheck?.Interval,
      700_000_000,
    ],
    ["the stop grace", service(shell(READY, { stopGrace: "3s" })), async () => Reflect.get((await inspect()).Config, "StopTimeout"), 3],
    [
      "a variable",
      service(shell(READY, { env: { A: 'it\'s "1" $HOME' } })),
      async () => (await inspect()).Config.Env.find((one) => one.startsWith("A=")),
      'A=it\'s "1" $HOME',
    ],
  ])("really applies a change of %s", async (_, changed, actual, expected) => {
    expect((await up(service())).code).toBe(0);
    expect(await actual()).not.toEqual(expected);
    expect((await up(changed)).code).toBe(0);
    expect(await actual()).toEqual(expected);
    expect((await up(changed, "--expect-no-changes")).code).toBe(0);
  });

  test("is asked to stop and given its grace before it is killed", async () => {
    const script = "trap 'echo graceful > /dev/tcp/audit-0/1024; exit 0' TERM; touch /tmp/ready; while :; do sleep 0.1; done";
    const audit = { container: shell(WITNESS), port: 1024, readiness: ready() };
    const web = { container: shell(script), port: 80, readiness: ready(), after: ["audit"] };
    expect(await up({ services: { audit, web } })).toMatchObject({ code: 0 });
    expect(await up({ services: { audit } })).toMatchObject({ code: 0 });
    expect(await stack.logs("audit-0")).toContain("heard: graceful");
  });

  test("gets the files it mounts, and is replaced when one changes", async () => {
    const ask = (text: string) => ({
      files: { settings: { "a.txt": text } },
      ...service(shell(READY, { mounts: [{ files: "settings", path: "/etc/a" }] })),
    });
    expect((await up(ask("one"))).code).toBe(0);
    expect(await stack.exec("web-0", ["cat", "/etc/a/a.txt"])).toContain("one");
    expect((await up(ask("two"))).code).toBe(0);
    expect(await stack.exec("web-0", ["cat", "/etc/a/a.txt"])).toContain("two");
    expect((await stack.leftovers()).filter((name) => name.includes("settings"))).toHaveLength(2);
  });
});

describe("a job", () => {
  const job = (script: string, changes = {}) => ({ jobs: { load: { container: shell(script), ...changes } } });

  test("that fails shows its last 20 lines, and runs again with the next deployment", async () => {
    const { code, text } = await up(job("for i in $(seq 30); do echo line $i; done; exit 7"));
    expect(code).not.toBe(0);
    expect(text).toContain('job "load" failed with exit code 7; its last 20 log lines:');
    expect(text).toContain("line 11\n");
    expect(text).toContain("line 30\n");
    expect(text).not.toContain("line 10\n");
    const first = (await stack.ids())["load"];
    expect((await stack.up()).code).not.toBe(0);
    expect((await stack.ids())["load"]).not.toBe(first);
  });

  test("runs once, and again exactly when a declared input changes", async () => {
    expect((await up(job("echo done", { inputs: { data: "1" } }))).code).toBe(0);
    const first = (await stack.ids())["load"];
    expect((await up(job("echo done", { inputs: { data: "1" } }), "--expect-no-changes")).code).toBe(0);
    expect((await up(job("echo done", { inputs: { data: "1" }, deadline: "1h" }))).code).toBe(0);
    expect((await stack.ids())["load"]).toBe(first);
    expect((await up(job("echo done", { inputs: { data: "2" } }))).code).toBe(0);
    expect((await stack.ids())["load"]).not.toBe(first);
  });

  test("that takes longer than its deadline fails", async () => {
    const { code } = await up(job("sleep 300", { deadline: "3s" }));
    expect(code).not.toBe(0);
  });

  test("holds back what is started after it until it has succeeded", async () => {
    const later = { services: { web: { ...service().services.web, after: ["load"] } } };
    expect((await up({ ...job("exit 1"), ...later })).code).not.toBe(0);
    expect(await stack.ids()).not.toHaveProperty("web-0");
    expect((await up({ ...job("echo done"), ...later })).code).toBe(0);
    expect(await stack.ids()).toHaveProperty("web-0");
  });
});

describe("a gang", () => {
  test("is there once all members have started; they know each other by name", async () => {
    const script = "until getent hosts ring-0 ring-1 ring-2 | wc -l | grep -q 3; do sleep 0.1; done; echo met; exec sleep 600";
    const { code } = await up({ gangs: { ring: { container: shell(script), size: 3, rendezvousPort: 29500 } } });
    expect(code).toBe(0);
    for (const member of ["ring-0", "ring-1", "ring-2"]) {
      const log = await stack.exec(member, ["bash", "-c", "until getent hosts ring-0 ring-1 ring-2; do sleep 0.1; done"]);
      expect(log.match(/ring-\d/g)).toHaveLength(3);
      expect((await inspect(member)).HostConfig.RestartPolicy).toEqual({ Name: "on-failure", MaximumRetryCount: 3 });
    }
  });

  test("that has ended well is left alone", async () => {
    const ask = { gangs: { ring: { container: shell("exit 0"), size: 2, rendezvousPort: 29500 } } };
    expect((await up(ask)).code).toBe(0);
    expect((await stack.pulumi(["refresh", "--yes", "--skip-preview"])).code).toBe(0);
    expect((await up(ask, "--expect-no-changes")).code).toBe(0);
  });
});
