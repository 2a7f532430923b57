import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";

import type { EngineApi } from "./api.ts";
import { networksIn } from "./engine-view.ts";
import { forAMoment } from "./moment.ts";
import type { Ownership } from "./owner.ts";
import { clashes, type PortCheck } from "./ports.ts";
import { overlap } from "./subnet.ts";

/** Longest time, in milliseconds, for which an ended container may have its port; then the engine says who has it. */
const RELEASED = 10_000;

/** What a new container or network is about to take, as the provider's inputs have it. */
type Inputs = Readonly<Record<string, unknown>> | undefined;

/**
 * A deployment creates what is new before it deletes what is left out, and replaces in parallel. What the stack itself still
 * has under another name must be given up first where both cannot be there: a port of the host, or a subnet. As the program
 * claims each of them once, whatever else of the stack has it goes with this very deployment.
 */
export class Handover {
  private readonly api: EngineApi;
  private readonly owner: Pick<Ownership, "owns">;
  private readonly isFree: PortCheck;

  /** @param isFree whether no process of the engine's host listens on a port */
  constructor(api: EngineApi, owner: Pick<Ownership, "owns">, isFree: PortCheck) {
    this.api = api;
    this.owner = owner;
    this.isFree = isFree;
  }

  /** Ends the stack's other containers that publish one of the new container's ports, each with its own grace. */
  async ports(inputs: Inputs): Promise<void> {
    const wanted = listOf(inputs?.["ports"]).map(({ ip, external }) => [String(ip), Number(external)] as const);
    if (wanted.length === 0) return;
    for (const { Id: id, Names, Labels, Ports, NetworkSettings } of await this.api.get<Docker.ContainerInfo[]>("/containers/json")) {
      const name = (Names[0] ?? id).replace(/^\//, "");
      const published = (Ports ?? []).flatMap(({ IP, PublicPort }) =>
        PublicPort === undefined ? [] : [`${IP ?? "0.0.0.0"}:${PublicPort}`],
      );
      if (name === inputs?.["name"] || !wanted.some(([ip, port]) => published.some((taken) => clashes(taken, ip, port)))) continue;
      if (!this.owner.owns({ name, id, labels: Labels ?? {}, networks: networksIn(NetworkSettings) })) continue;
      await this.api.end(`/containers/${id}/stop`);
      await this.api.end(`/containers/${id}`, "DELETE");
      await pulumi.log.info(`ended "${name}", whose port "${inputs?.["name"]}" takes over`);
    }
    // Where two swap their ports, each is ended for itself as well, and has its port a moment longer than the engine lists it.
    await forAMoment(RELEASED, async () => (await Promise.all(wanted.map(([ip, port]) => this.isFree(ip, port)))).every(Boolean));
  }

  /** Removes the stack's other networks that share addresses with the new one. Who is in them is ended later, as planned. */
  async subnet(inputs: Inputs): Promise<void> {
    const wanted = listOf(inputs?.["ipamConfigs"]).map(({ subnet }) => String(subnet));
    for (const { Id: id, Name: name, IPAM, Labels } of await this.api.get<Docker.NetworkInspectInfo[]>("/networks")) {
      const subnets = (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
      if (name === inputs?.["name"] || !wanted.some((one) => subnets.some((taken) => overlap(one, taken)))) continue;
      if (!this.owner.owns({ name, id, labels: Labels ?? {} })) continue;
      const { Containers } = await this.api.get<Docker.NetworkInspectInfo>(`/networks/${id}`);
      for (const Container of Object.keys(Containers ?? {}))
        await this.api.request("POST", `/networks/${id}/disconnect`, { body: { Container, Force: true } });
      await this.api.end(`/networks/${id}`, "DELETE");
      await pulumi.log.info(`removed network "${name}", whose addresses "${inputs?.["name"]}" takes over`);
    }
  }
}

function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value : [];
}
