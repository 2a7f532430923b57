import { expect, test } from "vitest";

import { EMPTY_ENGINE } from "../../components/docker/engine-view.ts";
import { routesIn, subnetRouted } from "../../components/docker/routes.ts";

const TABLE = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
tun0	0000080A	00000000	0001	0	0	0	0000FFFF	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
`;

test("the routes of a kernel's table are read, but not the one to everywhere", () => {
  expect(routesIn(TABLE)).toEqual([
    { through: "tun0", subnet: "10.8.0.0/16" },
    { through: "docker0", subnet: "172.17.0.0/16" },
  ]);
});

const view = { ...EMPTY_ENGINE, networks: [{ id: "n1", name: "bridge", subnets: ["172.17.0.0/16"], labels: {}, ours: false }] };

test.each(["10.8.4.0/24", "10.0.0.0/8"])("a subnet that a VPN covers, or lies in, is refused: %s", (subnet) => {
  expect(subnetRouted(subnet, routesIn(TABLE), view)).toEqual({
    path: "platform.network.subnet",
    message: `${subnet} overlaps 10.8.0.0/16, which this machine reaches through tun0 (a VPN, or another network); choose another subnet, or leave it out and let the engine choose`,
  });
});

test.each(["172.17.0.0/16", "10.9.0.0/16", undefined])("what the engine itself routes, or nobody, is no obstacle: %s", (subnet) => {
  expect(subnetRouted(subnet, routesIn(TABLE), view)).toBeUndefined();
});
