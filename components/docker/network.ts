import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { type Admission, dnsLabel, isChildOf, type Mistake, strict } from "../workload/adapter/index.ts";
import { deviationText } from "../workload/drift.ts";
import type { DockerContext } from "./context.ts";
import { GONE } from "./drift.ts";
import type { EngineView } from "./engine-view.ts";
import { labelList, OWNER_LABEL, renewalLabel, STACK_LABEL } from "./labels.ts";
import * as docker from "./provider.ts";
import { overlap, roomOf, subnet, widened } from "./subnet.ts";

/** The private network on which all workloads of a stack find each other by name. */
export const network = strict({
  /** Default: `<prefix>-network`. */
  name: dnsLabel.optional().describe("Name of the Docker network; default: <prefix>-network."),
  /** A private subnet of at most 28 bits. Default: the engine chooses a free one. */
  subnet: subnet.optional().describe("Private IPv4 subnet such as 172.20.0.0/16; default: the engine chooses a free one."),
  /** Largest packet in bytes, where a tunnel or a VPN of the host has a smaller one than usual. Default: the engine's, 1500. */
  mtu: z
    .int()
    .min(576)
    .max(65_535)
    .optional()
    .describe("Largest packet in bytes, as a VPN or a cloud may need (1400); default: the engine's (1500)."),
  /** Servers that names outside the stack are asked of. Default: the engine's. */
  dns: z.array(z.ipv4()).default([]).describe("DNS servers for names outside the stack, by address; default: the engine's."),
});

export type NetworkSettings = z.output<typeof network>;

/** Why the network cannot be made, if it cannot: its own name, where the settings give it one, or its subnet is taken. */
export function networkTaken({ name, subnet }: Pick<NetworkSettings, "name" | "subnet">, view: EngineView): Mistake | undefined {
  const others = view.networks.filter((other) => !other.ours);
  if (name !== undefined && others.some((other) => other.name === name)) {
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
  private readonly containers = new Set<string>();
  private pending = false;
  private readonly subnet: string | undefined;
  private readonly admission: Admission;
  private readonly view: EngineView;
  private readonly network: string;

  /** @param network its name on the engine · @param subnet none where the engine chooses: its own subnets have room for thousands */
  constructor(network: string, subnet: string | undefined, admission: Admission, view: EngineView) {
    this.network = network;
    this.view = view;
    this.subnet = subnet;
    this.admission = admission;
  }

  /** Counts one more container, by its name on the engine. The program is refused when all that it declares find no room. */
  take(container: string): void {
    this.containers.add(container);
    if (this.subnet === undefined || this.pending) return;
    this.pending = true;
    const { subnet } = this;
    this.admission.require(this.admission.declared.then(() => this.shortage(subnet)));
  }

  private shortage(subnet: string): Mistake | undefined {
    this.pending = false;
    const room = roomOf(subnet);
    const [wanted, leaving] = [this.containers.size, this.leaving(subnet)];
    if (wanted + leaving <= room) return undefined;
    const besides = leaving === 0 ? "" : `, besides ${leaving} that leave only when those are there`;
    return {
      path: "platform.network.subnet",
      message: `${subnet} has room for ${room} containers, and this stack has ${wanted}${besides}; choose a larger one, for example ${widened(subnet, wanted + leaving)}`,
    };
  }

  /** Running containers in the same network that the program does not declare any more: they end after the new ones have begun. */
  private leaving(subnet: string): number {
    const same = this.view.networks.find(({ name, subnets }) => name === this.network && subnets.includes(subnet));
    if (same === undefined) return 0;
    return [...this.view.containers].filter(
      ([name, { networks, running }]) => running && networks.includes(same.id) && !this.containers.has(name),
    ).length;
  }
}

/** The network of a stack. One that is gone is made again, and with it all containers that were in it. */
export function newNetwork(
  { stack, owner, record, view, hooks }: Pick<DockerContext, "stack" | "owner" | "record" | "view" | "hooks">,
  parent: pulumi.Resource,
  name: string,
  { subnet, mtu }: NetworkSettings,
): docker.Network {
  const before = record.networks.find(({ place }) => isChildOf(place, name, parent));
  const isGone = before !== undefined && !view.networks.some(({ id }) => id === before.id);
  if (isGone) void pulumi.log.info(`network ${name} ${deviationText(GONE.network)}`);
  // Another label would replace the network, and with it every container.
  const labels = before?.labels ?? { [STACK_LABEL]: stack, [OWNER_LABEL]: owner };
  return new docker.Network(
    name,
    {
      name,
      driver: "bridge",
      labels: labelList<pulumi.Input<string>>({ ...labels, ...renewalLabel(before?.labels, isGone) }),
      options: mtu === undefined ? undefined : { "com.docker.network.driver.mtu": String(mtu) },
      ipamConfigs: subnet === undefined ? undefined : [{ subnet }],
    },
    {
      parent,
      deleteBeforeReplace: true,
      hooks: { beforeCreate: [hooks.clearLeftoverNetwork, hooks.takeSubnet], onError: [hooks.whyItFailed] },
    },
  );
}
