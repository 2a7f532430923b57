import { expect, test } from "vitest";

import { until } from "../support/stack.ts";
import { READY, service, shell } from "./containers.ts";
import type { Contract } from "./contract.ts";

/** The promises of a deployment as a whole. */
export function deploymentPromises({ target, up, good }: Contract): void {
  test("a deployment that was killed is completed by the next, and what ran before is left alone", async () => {
    const { web } = service().services;
    await good({ services: { web } });
    const before = await target().runs("web");
    target().stack.configure({ ask: { ...target().platform, services: { web, more: { ...web, replicas: 3 } } } });
    const killed = target().stack.spawnUp();
    const ended = new Promise((resolve) => killed.once("exit", resolve));
    await until("a part of the new service is there", async () => (await target().runs("more")).length > 0);
    process.kill(-(killed.pid ?? Number.NaN), "SIGKILL");
    await ended;
    await target().stack.pulumi(["cancel", "--yes"]);
    await good({ services: { web, more: { ...web, replicas: 3 } } });
    expect(await target().runs("more")).toHaveLength(3);
    expect(await target().runs("web")).toEqual(before);
  });

  test.each([
    ["that succeeded", "echo done", true],
    ["that failed", "exit 1", false],
  ])("one %s leaves nothing behind when it is destroyed, whatever it consists of", async (_, script, succeeds) => {
    const mounts = [
      { volume: "data", path: "/var/tmp" },
      { files: "settings", path: "/etc/a" },
    ];
    const run = await up({
      volumes: { data: { size: "1Gi" } },
      files: { settings: { "a.txt": "one" } },
      secrets: { login: { password: "hunter2" } },
      ...service(shell(READY, { mounts, env: { PASSWORD: { from: "secret", secret: "login", key: "password" } } })),
      jobs: { load: { container: shell(script) } },
      gangs: { ring: { container: shell("exec sleep 600"), size: 2, rendezvousPort: 29500 } },
      tasks: { train: { container: shell("true") } },
    });
    expect(run.code === 0, run.text).toBe(succeeds);
    expect(await target().runs("ring")).toHaveLength(2);
    const { code, text } = await target().stack.destroy();
    expect(code, text).toBe(0);
    expect(await target().objects()).toEqual([]);
  });
}
