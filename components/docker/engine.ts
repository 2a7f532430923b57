import * as pulumi from "@pulumi/pulumi";
import Modem from "docker-modem";

import { STACK_LABEL } from "./labels.ts";

/** What stands on the engine when the program starts; read once, never written. */
export interface EngineView {
  /** All containers, running or not, by name. */
  readonly containers: ReadonlyMap<string, ContainerView>;
  readonly networks: readonly NetworkView[];
  /** Names of the container runtimes, e.g. `runc`, `nvidia`. */
  readonly runtimes: readonly string[];
}

export interface ContainerView {
  readonly id: string;
  readonly running: boolean;
  /** Exit code of a container that ended. */
  readonly exitCode: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** `address:port` pairs on the host. */
  readonly published: readonly string[];
}

export interface NetworkView {
  readonly name: string;
  readonly subnets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** An engine on which nothing stands; what a test without a Docker engine starts from. */
export const EMPTY_ENGINE: EngineView = { containers: new Map(), networks: [], runtimes: ["runc"] };

/** Reads from the Docker engine that `DOCKER_HOST` names, else from the local one, as the Docker provider does. */
export class Engine {
  private readonly modem = new Modem();

  /**
   * Everything that decides whether a change can succeed.
   *
   * @throws pulumi.RunError with the next command when the engine does not answer.
   */
  async look(): Promise<EngineView> {
    try {
      const [containers, networks, info] = await Promise.all([
        this.get<ApiContainer[]>("/containers/json", { all: true }),
        this.get<ApiNetwork[]>("/networks"),
        this.get<ApiInfo>("/info"),
      ]);
      return {
        containers: new Map(containers.map((one) => [nameOf(one), containerView(one)])),
        networks: networks.map(networkView),
        runtimes: Object.keys(info.Runtimes ?? {}),
      };
    } catch (error) {
      throw new pulumi.RunError(unreachable(error));
    }
  }

  /** Whether the engine holds an image of that reference. */
  async hasImage(reference: string): Promise<boolean> {
    return (await this.find(`/images/${encodeURIComponent(reference)}/json`)) !== undefined;
  }

  /** Why the image's registry does not offer `reference`; undefined when it does. */
  async registryRefusal(reference: string): Promise<string | undefined> {
    try {
      await this.get(`/distribution/${encodeURIComponent(reference)}/json`);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** The last `lines` lines a container wrote to both of its outputs. */
  async lastLines(container: string, lines: number): Promise<string[]> {
    const raw = await this.get<Buffer>(`/containers/${container}/logs`, { stdout: true, stderr: true, tail: lines }, true);
    return demultiplexed(raw)
      .split("\n")
      .filter((line) => line.trim() !== "");
  }

  /** Removes a container that an interrupted deployment of `stack` left behind under `name`; tells whether there was one. */
  async removeLeftover(name: string, stack: string): Promise<boolean> {
    const found = await this.find<ApiInspection>(`/containers/${name}/json`);
    if (found?.Config.Labels?.[STACK_LABEL] !== stack) return false;
    await this.request("DELETE", `/containers/${found.Id}`, { force: true });
    return true;
  }

  /** The same for a network, which must have no containers left. */
  async removeLeftoverNetwork(name: string, stack: string): Promise<boolean> {
    const networks = await this.get<ApiNetwork[]>("/networks");
    const found = networks.find((network) => network.Name === name && network.Labels?.[STACK_LABEL] === stack);
    if (found === undefined) return false;
    await this.request("DELETE", `/networks/${found.Id}`);
    return true;
  }

  private async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  private get<T>(path: string, query: Query = {}, raw = false): Promise<T> {
    return this.request<T>("GET", path, query, raw);
  }

  private request<T>(method: string, path: string, query: Query = {}, raw = false): Promise<T> {
    // The client takes a query as options, and only behind a path that ends in a question mark.
    const call = { method, path: Object.keys(query).length === 0 ? path : `${path}?`, options: query, statusCodes: STATUS, isStream: raw };
    return new Promise<unknown>((resolve, reject) => {
      this.modem.dial(call, (error: unknown, data: unknown) => (error === null || error === undefined ? resolve(data) : reject(error)));
    }).then(async (data) => (raw ? await collected(data) : data) as T);
  }
}

type Query = Readonly<Record<string, string | number | boolean>>;

const STATUS = { 200: true, 204: true, 401: "unauthorized", 403: "forbidden", 404: "no such object", 500: "engine error" };

async function collected(stream: unknown): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

interface ApiContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Ports: readonly { readonly IP?: string; readonly PublicPort?: number }[] | null;
}

interface ApiNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string }[] | null };
}

interface ApiInfo {
  readonly Runtimes?: Readonly<Record<string, unknown>>;
}

interface ApiInspection {
  readonly Id: string;
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null };
}

function nameOf(container: ApiContainer): string {
  return (container.Names[0] ?? container.Id).replace(/^\//, "");
}

function containerView(container: ApiContainer): ContainerView {
  const exit = /^Exited \((\d+)\)/.exec(container.Status)?.[1];
  return {
    id: container.Id,
    running: container.State === "running" || container.State === "restarting",
    exitCode: exit === undefined ? undefined : Number(exit),
    labels: container.Labels ?? {},
    published: (container.Ports ?? []).flatMap(({ IP, PublicPort }) =>
      PublicPort === undefined ? [] : [`${IP ?? "0.0.0.0"}:${PublicPort}`],
    ),
  };
}

function networkView(network: ApiNetwork): NetworkView {
  return {
    name: network.Name,
    subnets: (network.IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
    labels: network.Labels ?? {},
  };
}

/** Takes the engine's 8-byte frame headers out of a log. */
function demultiplexed(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length; ) {
    const end = at + 8 + raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString("utf8");
}

function statusOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unreachable(error: unknown): string {
  const host = process.env["DOCKER_HOST"] ?? "the local socket";
  return [
    `Docker: no engine answers at ${host} (${reasonOf(error)}).`,
    "  Start it (`npm start` does so where it may, else `sudo systemctl start docker`), or set DOCKER_HOST to one that runs.",
    "  Nothing was changed.",
  ].join("\n");
}
