import type { z } from "zod";
import { type Admission, dnsLabel, type Mistake, strict } from "../workload/adapter/index.ts";
import type { EngineView } from "./engine-view.ts";
import { STACK_LABEL } from "./labels.ts";
import type * as docker from "./provider.ts";
import { overlap, roomOf, subnet, widened } from "./subnet.ts";

/** The private network on which all workloads of a stack find each other by name. */
export const network = strict({
  /** Default: `<prefix>-network`. */
  name: dnsLabel.optional().describe("Name of the Docker network; default: <prefix>-network."),
  /** A private subnet of at most 28 bits. Default: the engine chooses a free one. */
  subnet: subnet.optional().describe("Private IPv4 subnet such as 172.20.0.0/16; default: the engine chooses a free one."),
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

/** The addresses of a stack's network: one for each container. */
export class AddressLedger {
  private containers = 0;
  private pending = false;
  private readonly subnet: string | undefined;
  private readonly admission: Admission;

  /** @param subnet none where the engine chooses: its own subnets have room for thousands */
  constructor(subnet: string | undefined, admission: Admission) {
    this.subnet = subnet;
    this.admission = admission;
  }

  /** Counts one more container. The program is refused when all that it has declared find no room. */
  take(): void {
    this.containers += 1;
    if (this.subnet === undefined || this.pending) return;
    this.pending = true;
    const { subnet } = this;
    this.admission.require(this.admission.declared.then(() => this.shortage(subnet)));
  }

  private shortage(subnet: string): Mistake | undefined {
    this.pending = false;
    const room = roomOf(subnet);
    if (this.containers <= room) return undefined;
    return {
      path: "platform.network.subnet",
      message: `${subnet} has room for ${room} containers, and this stack has ${this.containers}; choose a larger one, for example ${widened(subnet, this.containers)}`,
    };
  }
}

/** Inputs of the network. */
export function networkArgs(subnet: string | undefined, labels: docker.inputs.NetworkLabel[]): docker.NetworkArgs {
  return { driver: "bridge", labels, ipamConfigs: subnet === undefined ? undefined : [{ subnet }] };
}
