import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { type Run, until } from "../support/stack.ts";
import { admissionPromises } from "./admission-promises.ts";
import { jobPromises } from "./job-promises.ts";
import type { Ask } from "./program.ts";
import { referencePromises } from "./reference-promises.ts";
import type { Target } from "./target.ts";
import { taskPromises } from "./task-promises.ts";

const small = { cpu: 0.2, memory: "160Mi" } as const;

/** A container of the base image that runs a script. */
export const shell = (script: string, changes = {}) => ({ command: ["bash", "-c", script], resources: small, ...changes });

/** Listens on a port and prints every line that it receives; perl is part of every Debian image. */
export const listen = (port = 8080) =>
  `exec perl -MIO::Socket::INET -e '$|=1; $s=IO::Socket::INET->new(LocalPort=>${port},Listen=>5,ReuseAddr=>1) or die; while($c=$s->accept){print "heard: $_" while <$c>; close $c}'`;
export const READY = `touch /tmp/ready; ${listen()}`;

/** Ready once `/tmp/ready` is there. */
export const ready = (changes = {}) => ({
  kind: "exec" as const,
  command: ["test", "-f", "/tmp/ready"],
  interval: "1s" as const,
  ...changes,
});

/** An ask for one service, `web`. */
export const service = (container = shell(READY), changes = {}) => ({
  services: { web: { container, port: 8080, readiness: ready(), startBudget: "20s" as const, ...changes } },
});

/** A container's limits as its kernel has them, in either version of control groups. */
const MEMORY_LIMIT = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max";
const CPU_QUOTA = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max";

/** Settings of a running service, each with how its containers show it. */
const CHANGES = [
  { what: "scratch folder", change: { scratch: { "/tmp": "32Mi" } }, look: ["df", "-k", "--output=size", "/tmp"], expected: "32768" },
  { what: "shared memory", change: { sharedMemory: "16Mi" }, look: ["df", "-k", "--output=size", "/dev/shm"], expected: "16384" },
  {
    what: "memory limit",
    change: { resources: { ...small, memory: "200Mi" } },
    look: ["bash", "-c", MEMORY_LIMIT],
    expected: `${200 * 1024 ** 2}`,
  },
  { what: "processor limit", change: { resources: { ...small, cpu: 0.3 } }, look: ["bash", "-c", CPU_QUOTA], expected: "30000" },
  {
    what: "variable",
    change: { env: { A: `it's "1" $HOME $(HOME) $$` } },
    look: ["bash", "-c", "printenv A || true"],
    expected: `it's "1" $HOME $(HOME) $$`,
  },
  {
    what: "further name",
    change: { hosts: { "db.internal": "10.2.0.7" } },
    look: ["bash", "-c", "getent hosts db.internal | cut -d' ' -f1"],
    expected: "10.2.0.7",
  },
  {
    what: "argument",
    change: { command: ["bash", "-c", `printf %s "$0" >/tmp/zero; ${READY}`, "$(HOME) $$"] },
    look: ["bash", "-c", "cat /tmp/zero 2>&1 || true"],
    expected: "$(HOME) $$",
  },
];

/**
 * The promises of the port (`components/workload/platform.ts`), on a real engine: the same for every adapter. Each test
 * begins with an empty stack.
 */
export function promises(create: () => Promise<Target>): void {
  let target: Target;
  beforeAll(async () => {
    target = await create();
  });
  afterEach(async () => {
    await target.stack.pulumi(["destroy", "--yes", "--skip-preview"]);
  });
  afterAll(() => target.remove());

  /** Deploys what is asked for. */
  const up = (ask: Ask, ...args: string[]): Promise<Run> => {
    target.stack.configure({ ask: { ...target.platform, ...ask } });
    return target.stack.up(...args);
  };
  const good = async (ask: Ask, ...args: string[]) => {
    const { code, text } = await up(ask, ...args);
    expect(code, text).toBe(0);
  };
  const bad = async (ask: Ask) => {
    const { code, text } = await up(ask);
    expect(code, text).not.toBe(0);
    return text;
  };

  describe("a service", () => {
    test("that never becomes ready fails the first and the second deployment, and recovers when its cause is fixed", async () => {
      const broken = service(shell(listen()), { startBudget: "5s" });
      for (const _ of [1, 2]) await bad(broken);
      await good(service());
      await good(service(), "--expect-no-changes");
    });

    test("that hangs, so that it cannot even end itself, is started again where it has a time for that", async () => {
      const isReady = ready({ startupGrace: "1s" });
      const alive = { kind: "exec" as const, command: ["test", "-f", "/tmp/alive"] };
      await good(service(shell(`echo $$ >/tmp/pid; touch /tmp/alive; ${READY}`), { readiness: isReady, alive, restartAfter: "4s" }));
      await target.exec("web", 0, ["bash", "-c", "kill -STOP $(cat /tmp/pid); rm /tmp/alive"]);
      await until("it is alive again", async () =>
        target.exec("web", 0, ["bash", "-c", "[ -f /tmp/alive ] && echo again"]).then(
          (said) => said.includes("again"),
          () => false,
        ),
      );
    });

    test("really applies a change of any setting", async () => {
      const actual = async (look: string[]) => (await target.exec("web", 0, look)).trim().split("\n").at(-1)?.trim();
      await good(service());
      for (const { what, change, look, expected } of CHANGES) {
        expect(await actual(look), what).not.toBe(expected);
        await good(service(shell(READY, change)));
        expect(await actual(look), what).toBe(expected);
        await good(service(shell(READY, change)), "--expect-no-changes");
      }
    });

    test("has the requested number of replicas, and leaves alone those that exist", async () => {
      await good(service(shell(READY), { replicas: 1 }));
      const before = await target.runs("web");
      await good(service(shell(READY), { replicas: 3 }));
      const after = await target.runs("web");
      expect([before.length, after.length]).toEqual([1, 3]);
      expect(after).toEqual(expect.arrayContaining(before));
    });

    test("is asked to stop and given its grace before it is killed", async () => {
      const script = `trap 'sleep 1; echo graceful >/dev/tcp/audit/8080; exit 0' TERM; touch /tmp/ready; (${listen()}) & while :; do sleep 0.1; done`;
      const audit = { container: shell(READY), port: 8080, readiness: ready() };
      const web = { container: shell(script, { calls: ["audit"] }), port: 8080, readiness: ready(), after: ["audit"] };
      await good({ services: { audit, web } });
      await good({ services: { audit } });
      expect(await target.log("audit")).toContain("heard: graceful");
    });

    test("gets the files it mounts, and is renewed when one changes", async () => {
      const ask = (text: string) => ({
        files: { settings: { "a.txt": text } },
        ...service(shell(READY, { mounts: [{ files: "settings", path: "/etc/a" }] })),
      });
      for (const text of ["one", "two"]) {
        await good(ask(text));
        expect(await target.exec("web", 0, ["cat", "/etc/a/a.txt"])).toContain(text);
      }
    });

    test("finds its data again, whatever of it is changed", async () => {
      const ask = (env: object) => ({
        volumes: { data: { size: "1Gi" as const } },
        ...service(shell(READY, { env, mounts: [{ volume: "data", path: "/var/tmp" }] })),
      });
      await good(ask({ A: "1" }));
      await target.exec("web", 0, ["bash", "-c", "echo kept > /var/tmp/file"]);
      await good(ask({ A: "2" }));
      expect(await target.exec("web", 0, ["cat", "/var/tmp/file"])).toContain("kept");
    });
  });

  describe("a job", () => jobPromises(() => target, good, bad));

  describe("a gang", () => {
    const gang = (script: string, changes = {}) => ({
      gangs: { ring: { container: shell(script, { env: ENV }), size: 3, rendezvousPort: 8080, ...changes } },
    });

    test("resolves when all members have started; each knows its index and finds the first", async () => {
      const meet = `if [ "$INDEX" = 0 ]; then ${listen()}; fi; until echo "member $INDEX" >"/dev/tcp/$LEADER/8080"; do sleep 0.1; done 2>/dev/null; echo met; exec sleep 600`;
      await good(gang(meet));
      expect(await target.runs("ring")).toHaveLength(3);
      await expect.poll(() => target.log("ring", 0), { timeout: 30_000 }).toMatch(/member 1.*member 2|member 2.*member 1/s);
    });

    test("that has ended well is left alone", async () => {
      await good(gang("echo ended"));
      const before = await target.runs("ring");
      await until("it has ended", async () => (await target.log("ring", 0)).includes("ended"));
      // An engine may take a moment to note the end; a refresh in that moment makes the next deployment look once more.
      await until("a refresh and a deployment find nothing to do", async () => {
        const { code } = await target.stack.pulumi(["refresh", "--yes", "--skip-preview"]);
        return code === 0 && (await up(gang("echo ended"), "--expect-no-changes")).code === 0;
      });
      expect(await target.runs("ring")).toEqual(before);
    });

    test("is created again when its number of members or an input changes", async () => {
      await good(gang("exec sleep 600"));
      await good(gang("exec sleep 600", { size: 2, inputs: { data: "1" } }));
      const before = await target.runs("ring");
      expect(before).toHaveLength(2);
      await good(gang("exec sleep 600", { size: 2, inputs: { data: "2" } }));
      expect((await target.runs("ring")).filter((run) => !before.includes(run))).toHaveLength(2);
    });
  });

  describe("admission", () => admissionPromises(() => target, up));

  describe("a reference", () => referencePromises(() => target, good));

  describe("a task", () => taskPromises(() => target, good));

  test("a deployment that was killed is completed by the next, and what ran before is left alone", async () => {
    const { web } = service().services;
    await good({ services: { web } });
    const before = await target.runs("web");
    target.stack.configure({ ask: { ...target.platform, services: { web, more: { ...web, replicas: 3 } } } });
    const killed = target.stack.spawnUp();
    const ended = new Promise((resolve) => killed.once("exit", resolve));
    await until("a part of the new service is there", async () => (await target.runs("more")).length > 0);
    process.kill(-(killed.pid ?? Number.NaN), "SIGKILL");
    await ended;
    await target.stack.pulumi(["cancel", "--yes"]);
    await good({ services: { web, more: { ...web, replicas: 3 } } });
    expect(await target.runs("more")).toHaveLength(3);
    expect(await target.runs("web")).toEqual(before);
  });

  test("leaves nothing behind", async () => {
    await good({ volumes: { data: { size: "1Gi" } }, ...service(shell(READY, { mounts: [{ volume: "data", path: "/var/tmp" }] })) });
    expect((await target.stack.pulumi(["destroy", "--yes", "--skip-preview"])).code).toBe(0);
    expect(await target.objects()).toEqual([]);
  });
}

const ENV = { INDEX: { from: "member-index" }, LEADER: { from: "leader-address" } };
