import { expect, test } from "vitest";

import { until } from "../support/stack.ts";
import { READY, service, shell } from "./containers.ts";
import type { Contract } from "./contract.ts";

/** The promises of a deployment as a whole. */
export function deploymentPromises({ target, good }: Contract): void {
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

  test("leaves nothing behind", async () => {
    await good({ volumes: { data: { size: "1Gi" } }, ...service(shell(READY, { mounts: [{ volume: "data", path: "/var/tmp" }] })) });
    expect((await target().stack.destroy()).code).toBe(0);
    expect(await target().objects()).toEqual([]);
  });
}
