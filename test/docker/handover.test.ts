import { beforeEach, expect, test } from "vitest";

import type { EngineApi } from "../../components/docker/api.ts";
import { Handover } from "../../components/docker/handover.ts";

let calls: string[];
beforeEach(() => {
  calls = [];
  free = [];
});

const OURS = { stack: "ours" };
/** A stack's own containers and networks, and another's, in the form of the engine's lists. */
const LISTS: Record<string, unknown> = {
  "/containers/json": [
    { Id: "1", Names: ["/shop-old-0"], Labels: OURS, Ports: [{ IP: "127.0.0.1", PublicPort: 80 }] },
    { Id: "2", Names: ["/shop-new-0"], Labels: OURS, Ports: [{ IP: "127.0.0.1", PublicPort: 80 }] },
    { Id: "3", Names: ["/shop-other-0"], Labels: OURS, Ports: [{ IP: "127.0.0.1", PublicPort: 81 }] },
    { Id: "4", Names: ["/theirs"], Labels: {}, Ports: [{ IP: "0.0.0.0", PublicPort: 80 }] },
  ],
  "/networks": [
    { Id: "a", Name: "old", Labels: OURS, IPAM: { Config: [{ Subnet: "10.1.0.0/24" }] } },
    { Id: "b", Name: "new", Labels: OURS, IPAM: { Config: [{ Subnet: "10.1.0.0/24" }] } },
    { Id: "c", Name: "far", Labels: OURS, IPAM: { Config: [{ Subnet: "10.2.0.0/24" }] } },
    { Id: "d", Name: "theirs", Labels: {}, IPAM: { Config: [{ Subnet: "10.1.0.0/24" }] } },
  ],
  "/networks/a": { Containers: { "1": {}, "2": {} } },
};
const api = {
  get: async (path: string) => LISTS[path],
  request: async (method: string, path: string, { body }: { body?: object } = {}) =>
    void calls.push(`${method} ${path} ${JSON.stringify(body)}`),
  end: async (path: string, method = "POST") => void calls.push(`${method} ${path}`),
};
/** Answers to whether a port is free, one a look. */
let free: boolean[];
const handover = () =>
  new Handover(api as unknown as EngineApi, { owns: ({ labels }) => labels["stack"] === "ours" }, async () => free.shift() ?? true);

test("a port goes from one container of the stack to another, and from nobody else's", async () => {
  await handover().ports({ name: "shop-new-0", ports: [{ ip: "127.0.0.1", external: 80, internal: 8000 }] });
  expect(calls).toEqual(["POST /containers/1/stop", "DELETE /containers/1"]);
});

test("a port is waited for that a container which has just been ended still has", async () => {
  free = [false, false, true, false];
  await handover().ports({ name: "shop-new-0", ports: [{ ip: "127.0.0.1", external: 82, internal: 8000 }] });
  expect([calls, free]).toEqual([[], [false]]);
});

test("a container without ports takes nothing", async () => {
  await handover().ports({ name: "shop-new-0" });
  expect(calls).toEqual([]);
});

test("addresses go from one network of the stack to another, and who is in it is ended later", async () => {
  await handover().subnet({ name: "new", ipamConfigs: [{ subnet: "10.1.0.0/16" }] });
  expect(calls).toEqual([
    'POST /networks/a/disconnect {"Container":"1","Force":true}',
    'POST /networks/a/disconnect {"Container":"2","Force":true}',
    "DELETE /networks/a",
  ]);
});

test("a network whose addresses the engine chooses takes nothing", async () => {
  await handover().subnet({ name: "new" });
  expect(calls).toEqual([]);
});
