import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

import { EMPTY_ENGINE } from "../../components/docker/engine-view.ts";
import { folderMissing } from "../../components/docker/host-folder.ts";
import { STACK_LABEL } from "../../components/docker/labels.ts";
import { networkTaken } from "../../components/docker/network.ts";
import { isFreeHere, type PortCheck, PortLedger, portTaken } from "../../components/docker/ports.ts";
import { overlap } from "../../components/docker/subnet.ts";
import { aContainer } from "../support/docker.ts";

const free = async () => true;
const ours = { [STACK_LABEL]: "shop/test" };

describe("a port", () => {
  const check = (port: number, address = "127.0.0.1", view = EMPTY_ENGINE, isFree: PortCheck = free) =>
    portTaken("publish", address, port, view, "shop/test", isFree);
  const published = (labels: Record<string, string>, at: string) => ({
    ...EMPTY_ENGINE,
    containers: new Map([["web", aContainer({ labels, published: [at] })]]),
  });

  test("that another process has is refused, and free again once it has gone", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
    );
    expect((await check(port, "127.0.0.1", EMPTY_ENGINE, isFreeHere))?.message).toContain(
      `127.0.0.1:${port} is taken by another process of this machine; stop it, or publish on another port`,
    );
    await new Promise((resolve) => server.close(resolve));
    expect(await check(port, "127.0.0.1", EMPTY_ENGINE, isFreeHere)).toBeUndefined();
  });

  test("that another stack's container has is refused by the container's name", async () => {
    expect((await check(18080, "127.0.0.1", published({}, "0.0.0.0:18080")))?.message).toContain('is taken by container "web"');
    expect((await check(18080, "0.0.0.0", published({}, "127.0.0.1:18080")))?.message).toContain('is taken by container "web"');
  });

  test("that this stack has already is its own", async () => {
    expect(await check(18080, "127.0.0.1", published(ours, "127.0.0.1:18080"))).toBeUndefined();
  });

  test("of another address is free", async () => {
    expect(await check(18080, "127.0.0.1", published({}, "127.0.0.2:18080"))).toBeUndefined();
  });
});

describe("ports of one stack", () => {
  const stands = { ...EMPTY_ENGINE, containers: new Map([["shop-a-0", aContainer({ labels: ours, published: ["127.0.0.1:18081"] })]]) };

  test("are asked for once, and who asks again is told by whom", async () => {
    const ledger = new PortLedger(stands, "shop/test", free);
    expect(await ledger.claim("a", "127.0.0.1", 18081)).toBeUndefined();
    expect(await ledger.claim("b", "127.0.0.1", 18081)).toEqual({
      path: "b",
      message: "127.0.0.1:18081 is asked for by a already; choose another port",
    });
    expect((await ledger.claim("c", "0.0.0.0", 18081))?.message).toContain("0.0.0.0:18081 is asked for by a already");
  });

  test("are one for every address", async () => {
    const ledger = new PortLedger(stands, "shop/test", free);
    expect(await ledger.claim("a", "127.0.0.1", 18081)).toBeUndefined();
    expect(await ledger.claim("b", "127.0.0.2", 18081)).toBeUndefined();
  });

  test("must be free besides", async () => {
    const taken = { ...EMPTY_ENGINE, containers: new Map([["web", aContainer({ published: ["127.0.0.1:18081"] })]]) };
    expect((await new PortLedger(taken, "shop/test", free).claim("a", "127.0.0.1", 18081))?.message).toContain(
      'is taken by container "web"',
    );
  });
});

describe("a folder of the host", () => {
  const here = fileURLToPath(new URL(".", import.meta.url));

  test("that is there can be mounted", () => expect(folderMissing("m", here)).toBeUndefined());

  test.each([
    ["which does not exist; create it", "/nowhere/models"],
    ["which does not exist; create it", `${fileURLToPath(import.meta.url)}/models`],
    ["which is none; mount the folder that it is in", fileURLToPath(import.meta.url)],
  ])("%s", (why, folder) =>
    expect(folderMissing("m", folder)).toMatchObject({ path: "m", message: expect.stringContaining(`"${folder}", ${why}`) }),
  );
});

describe("a network", () => {
  const network = (labels = {}) => ({ ...EMPTY_ENGINE, networks: [{ name: "shop-network", subnets: ["172.20.0.0/16"], labels }] });

  test("whose subnet overlaps another's is refused with that network's name", () => {
    expect(networkTaken("other", "172.20.5.0/24", network(), "shop/test")?.message).toBe(
      '172.20.5.0/24 overlaps network "shop-network" (172.20.0.0/16); choose another subnet, or leave it out and let the engine choose',
    );
  });

  test("whose name something else has is refused", () => {
    expect(networkTaken("shop-network", undefined, network(), "shop/test")?.message).toContain("exists and belongs to something else");
  });

  test("that is this stack's own is no obstacle", () =>
    expect(networkTaken("shop-network", "172.20.0.0/16", network(ours), "shop/test")).toBeUndefined());
  test("without a subnet overlaps nothing", () => expect(networkTaken("other", undefined, network(), "shop/test")).toBeUndefined());
});

test.each([
  ["172.20.0.0/16", "172.20.5.0/24", true],
  ["172.20.5.0/24", "172.20.0.0/16", true],
  ["172.20.0.0/16", "172.21.0.0/16", false],
  ["10.0.0.0/8", "10.255.255.0/24", true],
  ["172.20.0.0/16", "fd00::/64", false],
])("%s and %s share an address: %s", (a, b, expected) => expect(overlap(a, b)).toBe(expected));
