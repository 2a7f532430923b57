import { BlockList } from "node:net";
import { z } from "zod";

import { dnsLabel, type Mistake, quoted, strict } from "../workload/adapter/index.ts";
import type { EngineView } from "./engine.ts";
import { STACK_LABEL } from "./labels.ts";
import type * as docker from "./provider.ts";

/** The private network on which all workloads of a stack find each other by name. */
export const network = strict({
  /** Default: `<prefix>-network`. */
  name: dnsLabel.optional().describe("Name of the Docker network; default: <prefix>-network."),
  /** Default: the engine chooses a free one. */
  subnet: z
    .cidrv4({ error: ({ input }) => `must be an IPv4 subnet such as "172.20.0.0/16", got ${quoted(input)}` })
    .optional()
    .describe("IPv4 subnet such as 172.20.0.0/16; default: the engine chooses a free one."),
});

export type NetworkSettings = z.output<typeof network>;

/** Why the network cannot be made, if it cannot. */
export function networkTaken(name: string, subnet: string | undefined, view: EngineView, stack: string): Mistake | undefined {
  const others = view.networks.filter((other) => other.labels[STACK_LABEL] !== stack);
  if (others.some((other) => other.name === name)) {
    return {
      path: "platform.network.name",
      message: `"${name}" exists and belongs to something else; choose another name, or remove it (\`docker network rm ${name}\`)`,
    };
  }
  if (subnet === undefined) return undefined;
  const overlapped = others.find((other) => other.subnets.some((taken) => overlap(subnet, taken)));
  if (overlapped === undefined) return undefined;
  const taken = overlapped.subnets.join(", ");
  return {
    path: "platform.network.subnet",
    message: `${subnet} overlaps network "${overlapped.name}" (${taken}); choose another subnet, or leave it out and let the engine choose`,
  };
}

/** Whether two IPv4 subnets share an address. */
export function overlap(a: string, b: string): boolean {
  return contains(a, b) || contains(b, a);
}

function contains(outer: string, inner: string): boolean {
  const [address = "", bits = ""] = outer.split("/");
  const [base = ""] = inner.split("/");
  if (base.includes(":") || address.includes(":")) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), "ipv4");
  return list.check(base, "ipv4");
}

/** Inputs of the network. */
export function networkArgs(subnet: string | undefined, labels: docker.inputs.NetworkLabel[]): docker.NetworkArgs {
  return { driver: "bridge", labels, ...(subnet === undefined ? {} : { ipamConfigs: [{ subnet }] }) };
}
