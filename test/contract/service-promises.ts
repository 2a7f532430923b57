import { expect, test } from "vitest";

import { until } from "../support/stack.ts";
import { listen, READY, ready, SMALL, service, shell } from "./containers.ts";
import type { Contract } from "./contract.ts";

/** A container's limits as its kernel has them, in either version of control groups. */
const MEMORY_LIMIT = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max";
const CPU_QUOTA = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max";

/** Settings of a running service, made one after another, each with how its containers show it. */
const CHANGES = [
  { what: "scratch folder", change: { scratch: { "/tmp": "32Mi" } }, look: ["df", "-k", "--output=size", "/tmp"], expected: "32768" },
  { what: "shared memory", change: { sharedMemory: "16Mi" }, look: ["df", "-k", "--output=size", "/dev/shm"], expected: "16384" },
  {
    what: "memory limit",
    change: { resources: { ...SMALL, memory: "200Mi" } },
    look: ["bash", "-c", MEMORY_LIMIT],
    expected: `${200 * 1024 ** 2}`,
  },
  { what: "processor limit", change: { resources: { cpu: 0.3, memory: "200Mi" } }, look: ["bash", "-c", CPU_QUOTA], expected: "30000" },
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

/** The promises of a service. */
export function servicePromises({ target, good, bad }: Contract): void {
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
    await target().exec("web", 0, ["bash", "-c", "kill -STOP $(cat /tmp/pid); rm /tmp/alive"]);
    await until("it is alive again", async () =>
      target()
        .exec("web", 0, ["bash", "-c", "[ -f /tmp/alive ] && echo again"])
        .then(
          (said) => said.includes("again"),
          () => false,
        ),
    );
  });

  test("really applies a change of any setting", async () => {
    const actual = async (look: string[]) => (await target().exec("web", 0, look)).trim().split("\n").at(-1)?.trim();
    await good(service());
    let changes = {};
    for (const { what, change, look, expected } of CHANGES) {
      changes = { ...changes, ...change };
      expect(await actual(look), what).not.toBe(expected);
      await good(service(shell(READY, changes)));
      expect(await actual(look), what).toBe(expected);
    }
    await good(service(shell(READY, changes)), "--expect-no-changes");
  });

  test("has the requested number of replicas, and leaves alone those that exist", async () => {
    await good(service(shell(READY), { replicas: 1 }));
    const before = await target().runs("web");
    await good(service(shell(READY), { replicas: 3 }));
    const after = await target().runs("web");
    expect([before.length, after.length]).toEqual([1, 3]);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  test("is asked to stop and given its grace before it is killed", async () => {
    const script = `trap 'sleep 1; echo graceful >/dev/tcp/audit/8080; exit 0' TERM; touch /tmp/ready; (${listen()}) & while :; do sleep 0.1; done`;
    const audit = { container: shell(READY), port: 8080, readiness: ready() };
    const web = { container: shell(script, { calls: ["audit"] }), port: 8080, readiness: ready(), after: ["audit"] };
    await good({ services: { audit, web } });
    await good({ services: { audit } });
    expect(await target().log("audit")).toContain("heard: graceful");
  });

  test("gets the files it mounts, and is renewed when one changes", async () => {
    const ask = (text: string) => ({
      files: { settings: { "a.txt": text } },
      ...service(shell(READY, { mounts: [{ files: "settings", path: "/etc/a" }] })),
    });
    for (const text of ["one", "two"]) {
      await good(ask(text));
      expect(await target().exec("web", 0, ["cat", "/etc/a/a.txt"])).toContain(text);
    }
  });

  test("finds its data again, whatever of it is changed", async () => {
    const ask = (env: object) => ({
      volumes: { data: { size: "1Gi" as const } },
      ...service(shell(READY, { env, mounts: [{ volume: "data", path: "/var/tmp" }] })),
    });
    await good(ask({ A: "1" }));
    await target().exec("web", 0, ["bash", "-c", "echo kept > /var/tmp/file"]);
    await good(ask({ A: "2" }));
    expect(await target().exec("web", 0, ["cat", "/var/tmp/file"])).toContain("kept");
  });
}
