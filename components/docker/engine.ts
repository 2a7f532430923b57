import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import * as pulumi from "@pulumi/pulumi";
import Modem from "docker-modem";
import type Docker from "dockerode";

import { linesOf } from "../workload/adapter/index.ts";
import { containerView, type EngineView, networkView } from "./engine-view.ts";
import { STACK_LABEL } from "./labels.ts";

/** Whether the engine is on another machine (DOCKER_HOST=tcp|ssh), whose ports and folders cannot be looked at from here. */
export function isRemote(): boolean {
  return /^(tcp|ssh|https?):/.test(process.env["DOCKER_HOST"] ?? "");
}

/** The Docker engine that `DOCKER_HOST` names, else the local one: the same that the Docker provider uses. */
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
        this.get<Docker.ContainerInfo[]>("/containers/json", { all: true }),
        this.get<Docker.NetworkInspectInfo[]>("/networks"),
        this.get<{ readonly Runtimes?: object }>("/info"),
      ]);
      return {
        containers: new Map(containers.map(containerView)),
        networks: networks.map(networkView),
        runtimes: Object.keys(info.Runtimes ?? {}),
      };
    } catch (error) {
      throw new pulumi.RunError(noAnswer(error));
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

  /** The last `lines` lines that a container wrote to both of its outputs. */
  async lastLines(container: string, lines: number): Promise<string[]> {
    const query = { stdout: true, stderr: true, tail: lines };
    const log = await this.request<NodeJS.ReadableStream>("GET", `/containers/${container}/logs`, query, true);
    const parts: Buffer[] = [];
    const both = new Writable({ write: (part: Buffer, _encoding, done) => done(void parts.push(part)) });
    this.modem.demuxStream(log, both, both);
    await finished(log, { writable: false });
    return linesOf(Buffer.concat(parts).toString("utf8"));
  }

  /** Removes a container that an interrupted deployment of `stack` left behind under `name`; returns whether there was one. */
  async removeLeftover(name: string, stack: string): Promise<boolean> {
    const found = await this.find<Docker.ContainerInspectInfo>(`/containers/${name}/json`);
    if (found?.Config.Labels?.[STACK_LABEL] !== stack) return false;
    await this.request("DELETE", `/containers/${found.Id}`, { force: true });
    return true;
  }

  /** The same for a network, which must have no containers left. */
  async removeLeftoverNetwork(name: string, stack: string): Promise<boolean> {
    const networks = await this.get<Docker.NetworkInspectInfo[]>("/networks");
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

  private get<T>(path: string, query: Query = {}): Promise<T> {
    return this.request<T>("GET", path, query);
  }

  private request<T>(method: string, path: string, query: Query = {}, isStream = false): Promise<T> {
    // The client takes a query as options, and only behind a path that ends in a question mark.
    const call = { method, path: Object.keys(query).length === 0 ? path : `${path}?`, options: query, statusCodes: STATUS, isStream };
    return new Promise((resolve, reject) => {
      // Answers are trusted to have the form that the engine's API documents.
      this.modem.dial(call, (error: unknown, data: unknown) =>
        error === null || error === undefined ? resolve(data as T) : reject(error),
      );
    });
  }
}

type Query = Readonly<Record<string, string | number | boolean>>;

const STATUS = { 200: true, 204: true, 401: "unauthorized", 403: "forbidden", 404: "no such object", 500: "engine error" };

function statusOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noAnswer(error: unknown): string {
  const host = process.env["DOCKER_HOST"] ?? "the local socket";
  return [
    `Docker: no engine answers at ${host} (${reasonOf(error)}).`,
    "  Start it (`npm start` does so where it may, else `sudo systemctl start docker`), or set DOCKER_HOST to one that runs.",
    "  Nothing was changed.",
  ].join("\n");
}
