import { expect, test } from "vitest";

import { networksIn, reasonsOf } from "../../tools/commands/busy-networks.ts";
import { selectStack } from "../../tools/setup/stack.ts";

const NET = "shop-dev-network";
const resource = (type: string, name = NET) => ({ type: `docker:index/${type}`, urn: name, outputs: { name } });
const reasons = (users: readonly string[] | undefined) => reasonsOf([NET], selectStack({}), async () => users);

test("a network that another container uses names it, and how to end that", async () => {
  expect(await reasons(["my-psql", "probe"])).toEqual([
    `network ${NET} is still used by my-psql, probe, not of this stack: docker network disconnect ${NET} my-psql; docker network disconnect ${NET} probe, then npm run stop`,
  ]);
});

test("a network that no container uses, and that the engine does not remove, needs another start of it", async () => {
  expect(await reasons([])).toEqual([
    `network ${NET}: the engine takes it for used by a container that is gone; start the engine again, then npm run stop`,
  ]);
});

test("a network that is gone is not in the way", async () => expect(await reasons(undefined)).toEqual([]));

test("a network is only looked at where it is what was left", () => {
  expect(networksIn([resource("network:Network"), resource("volume:Volume")])).toEqual([NET]);
  expect(networksIn([resource("network:Network"), resource("container:Container")])).toEqual([]);
});
