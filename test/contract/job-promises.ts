import { expect, test } from "vitest";

import { READY, service, shell } from "./containers.ts";
import type { Contract } from "./contract.ts";

/** What the port promises of a job. */
export function jobPromises({ target, good, bad }: Contract): void {
  const job = (script: string, changes = {}, container = {}) => ({ jobs: { load: { container: shell(script, container), ...changes } } });

  test("that fails shows its last 20 lines, and runs again with the next deployment", async () => {
    const text = await bad(job("for i in $(seq 30); do echo line $i; done; exit 7"));
    expect(text).toContain('job "load" failed with exit code 7; its last 20 log lines:');
    expect(text).toContain("line 11\n");
    expect(text).toContain("line 30\n");
    expect(text).not.toContain("line 10\n");
    const first = await target().runs("load");
    await bad(job("for i in $(seq 30); do echo line $i; done; exit 7"));
    expect(await target().runs("load")).not.toEqual(first);
    await good(job("echo fixed"));
    await good(job("echo fixed"), "--expect-no-changes");
  });

  test("runs once, and again exactly when a declared input changes", async () => {
    await good(job("echo done", { inputs: { data: "1" } }));
    const first = await target().runs("load");
    await good(job("echo done", { inputs: { data: "1" } }), "--expect-no-changes");
    await good(job("echo done", { inputs: { data: "1" }, deadline: "1h" }, { resources: { cpu: 0.3, memory: "200Mi" } }));
    expect(await target().runs("load")).toEqual(first);
    await good(job("echo done", { inputs: { data: "2" } }, { resources: { cpu: 0.3, memory: "200Mi" } }));
    expect(await target().runs("load")).not.toEqual(first);
  });

  test("runs again for other files or another secret, and renews who has read what it makes", async () => {
    const ask = (files: string, password: string) => {
      const env = { PASSWORD: { from: "secret", secret: "login", key: "password" } };
      const load = shell("cat /etc/a/a.txt", { env, mounts: [{ files: "settings", path: "/etc/a" }] });
      return {
        files: { settings: { "a.txt": files } },
        secrets: { login: { password } },
        jobs: { load: { container: load } },
        ...service(shell(READY), { inputs: { made: { job: "load" } } }),
      };
    };
    const runs = async () => [...(await target().runs("load")), ...(await target().runs("web"))];
    await good(ask("one", "hunter2"));
    const seen = [await runs()];
    for (const wish of [ask("two", "hunter2"), ask("two", "hunter3")]) {
      await good(wish);
      seen.push(await runs());
    }
    await good(ask("two", "hunter3"), "--expect-no-changes");
    expect(seen.map((one) => one.length)).toEqual([2, 2, 2]);
    expect(new Set(seen.flat()).size).toBe(6);
  });

  test("that takes longer than its deadline fails", async () => {
    await bad(job("sleep 300", { deadline: "3s" }));
  });

  test("holds back what is started after it until it has succeeded", async () => {
    const later = { services: { web: { ...service().services.web, after: ["load"] } } };
    await bad({ ...job("exit 1"), ...later });
    expect(await target().runs("web")).toEqual([]);
    await good({ ...job("echo done"), ...later });
    expect(await target().runs("web")).toHaveLength(1);
  });
}
