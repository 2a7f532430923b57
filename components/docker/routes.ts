import { existsSync, readFileSync } from "node:fs";

import type { Mistake } from "../workload/adapter/index.ts";
import { isRemote } from "./engine-host.ts";
import type { EngineView } from "./engine-view.ts";
import { overlap } from "./subnet.ts";

/** Addresses that this machine reaches through an interface of its own, e.g. those of a VPN. */
export interface Route {
  readonly through: string;
  readonly subnet: string;
}

/** Where Linux lists its routes. */
const TABLE = "/proc/net/route";

/** The routes of the engine's host; none where they cannot be seen from here. */
export function routesHere(): Route[] {
  return isRemote() || !existsSync(TABLE) ? [] : routesIn(readFileSync(TABLE, "utf8"));
}

/** The routes of a kernel's table, without those to everywhere. */
export function routesIn(table: string): Route[] {
  const rows = table.split("\n").slice(1);
  return rows.flatMap((row) => {
    const [through = "", destination = "", , , , , , mask = ""] = row.trim().split(/\s+/);
    const bits = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === "1").length;
    return mask === "" || bits === 0 ? [] : [{ through, subnet: `${addressOf(destination)}/${bits}` }];
  });
}

/** The kernel writes an address as a number whose last byte comes first. */
function addressOf(hex: string): string {
  return (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");
}

/**
 * Why a stack's network cannot have `subnet`: this machine reaches some of those addresses elsewhere, which would be cut off.
 * The routes to the engine's own networks are not meant.
 */
export function subnetRouted(subnet: string | undefined, routes: readonly Route[], view: EngineView): Mistake | undefined {
  if (subnet === undefined) return undefined;
  const own = view.networks.flatMap(({ subnets }) => subnets);
  const route = routes.find((one) => !own.includes(one.subnet) && overlap(subnet, one.subnet));
  if (route === undefined) return undefined;
  return {
    path: "platform.network.subnet",
    message: `${subnet} overlaps ${route.subnet}, which this machine reaches through ${route.through} (a VPN, or another network); choose another subnet, or leave it out and let the engine choose`,
  };
}
