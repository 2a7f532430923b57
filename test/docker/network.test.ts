import { beforeAll, describe, expect, test } from "vitest";

import { EMPTY_ENGINE, type EngineView } from "../../components/docker/engine-view.ts";
import { networkTaken } from "../../components/docker/network.ts";
import { aContainer, CONTAINER, NETWORK, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aGangSpec, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

describe("a network", () => {
  const network = (ours = false) => ({
    ...EMPTY_ENGINE,
    networks: [{ id: "n1", name: "shop-network", subnets: ["172.20.0.0/16"], labels: {}, ours }],
  });

  test("whose subnet overlaps another's is refused with that network's name", () => {
    expect(networkTaken({ subnet: "172.20.5.0/24" }, network())?.message).toBe(
      '172.20.5.0/24 overlaps network "shop-network" (172.20.0.0/16); choose another subnet, or leave it out and let the engine choose',
    );
  });

  test("whose name something else has is refused", () => {
    expect(networkTaken({ name: "shop-network" }, network())?.message).toContain("exists and belongs to something else");
  });

  test("that is this stack's own is no obstacle", () =>
    expect(networkTaken({ name: "shop-network", subnet: "172.20.0.0/16" }, network(true))).toBeUndefined());
  test("without a subnet overlaps nothing", () => expect(networkTaken({ name: "other" }, network())).toBeUndefined());
});

test("a network has the name and subnet that are asked for", async () => {
  await onDocker(engine, () => {}, {}, { network: { name: "fraud-detection-network", subnet: "172.20.0.0/16" } });
  expect(engine.inputs(NETWORK, "fraud-detection-network")).toMatchObject({
    name: "fraud-detection-network",
    driver: "bridge",
    ipamConfigs: [{ subnet: "172.20.0.0/16" }],
  });
});

describe("a subnet that is too small for the stack's containers", () => {
  const deploy = (subnet: string, replicas: number, view: Partial<EngineView> = {}) =>
    onDocker(
      engine,
      (platform, opts) => {
        platform.service("api", aServiceSpec({ replicas }), opts);
        platform.gang("trainer", aGangSpec({ size: 4 }), opts);
      },
      view,
      { network: { subnet } },
    );

  test("is refused with one that is large enough", async () => {
    await expect(deploy("172.29.0.16/28", 10)).rejects.toThrow(
      "Docker: 1 obstacle; nothing was changed\n  platform.network.subnet: 172.29.0.16/28 has room for 13 containers, and this stack has 14; choose a larger one, for example 172.29.0.0/27",
    );
  });

  test("is refused where containers leave only when the new ones are there", async () => {
    const networks = [{ id: "n1", name: "shop-network", subnets: ["172.29.0.16/28"], labels: {}, ours: true }];
    const leaves = aContainer({ running: true, ours: true, networks: ["n1"] });
    const containers = new Map([
      ["shop-former-0", leaves],
      ["shop-api-0", leaves],
      ["shop-ended", { ...leaves, running: false }],
    ]);
    await expect(deploy("172.29.0.16/28", 9, { networks, containers })).rejects.toThrow(
      "172.29.0.16/28 has room for 13 containers, and this stack has 13, besides 1 that leave only when those are there; choose a larger one, for example 172.29.0.0/27",
    );
  });

  test("is taken when every container finds an address", async () => {
    await deploy("172.29.0.16/28", 9);
    expect(engine.of(NETWORK).size).toBe(1);
  });
});

test("a network has the packet size, and its containers the DNS servers, that are asked for", async () => {
  await onDocker(
    engine,
    (platform, opts) => void platform.service("api", aServiceSpec(), opts),
    {},
    { network: { mtu: 1400, dns: ["10.0.0.53"] } },
  );
  expect(engine.inputs(NETWORK, "shop-network")["options"]).toEqual({ "com.docker.network.driver.mtu": "1400" });
  expect(engine.inputs(CONTAINER, "api-0")["dns"]).toEqual(["10.0.0.53"]);
});
