import { networkInterfaces } from "node:os";

import type { Mistake } from "../workload/adapter/index.ts";
import { isRemote } from "./engine-host.ts";

/** IPv4 addresses of this machine. */
function addressesHere(): string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all.flatMap(({ family, address }) => (family === "IPv4" ? address : [])));
}

/**
 * Why nothing can be published on `address`: the engine's host does not have it. Those of another machine cannot be seen.
 *
 * @param has the host's addresses
 */
export function addressMissing(path: string, address: string, has: readonly string[] = addressesHere()): Mistake | undefined {
  const always = address === "0.0.0.0" || address.startsWith("127.");
  if (isRemote() || always || has.includes(address)) return undefined;
  return { path, message: `must be an address of this machine (${has.join(", ")}), or 0.0.0.0 for all of them, got "${address}"` };
}
