import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";

import { linesOf } from "../workload/adapter/index.ts";
import { EngineApi } from "./api.ts";
import { containerView, type EngineView, networkView } from "./engine-view.ts";
import { STACK_LABEL } from "./labels.ts";

/** Whether the engine is on another machine (DOCKER_HOST=tcp|ssh), whose ports and folders cannot be looked at from here. */
export function isRemote(): boolean {
  return /^(tcp|ssh|https?):/.test(process.env["DOCKER_HOST"] ?? "");
}

/** The Docker engine that `DOCKER_HOST` names, else the local one: the same that the Docker provider uses. */
export class Engine {
  private readonly api = new EngineApi();

  /**
   * Everything that decides whether a change can succeed.
   *
   * @throws pulumi.RunError with the next command when the engine does not answer.
   */
  async look(): Promise<EngineView> {
    try {
      const [containers, networks, info] = await Promise.all([
        this.api.get<Docker.ContainerInfo[]>("/containers/json", { all: true }),
        this.api.get<Docker.NetworkInspectInfo[]>("/networks"),
        this.api.get<{ readonly Runtimes?: object }>("/info"),
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
    return (await this.api.find(`/images/${encodeURIComponent(reference)}/json`)) !== undefined;
  }

  /** Why the image's registry does not offer `reference`; undefined when it does. */
  async registryRefusal(reference: string): Promise<string | undefined> {
    try {
      await this.api.get(`/distribution/${encodeURIComponent(reference)}/json`);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** A container as it is now; undefined where there is none. */
  inspect(container: string): Promise<Docker.ContainerInspectInfo | undefined> {
    return this.api.find(`/containers/${container}/json`);
  }

  /** Ends what a container runs, if anything, and starts it at once. */
  restart(container: string): Promise<void> {
    return this.api.request("POST", `/containers/${container}/restart`, { query: { t: 0 }, body: {} });
  }

  /**
   * Runs a command inside a container.
   *
   * @param limit milliseconds that it may take · @throws Error when it takes longer, or the container does not run
   */
  async run(container: string, command: readonly string[], limit: number): Promise<{ readonly exitCode: number; readonly said: string }> {
    const body = { Cmd: command, AttachStdout: true, AttachStderr: true };
    const { Id } = await this.api.request<{ readonly Id: string }>("POST", `/containers/${container}/exec`, { body });
    const said = await this.api.printed("POST", `/exec/${Id}/start`, { body: { Detach: false, Tty: false } }, limit);
    const { ExitCode } = await this.api.get<{ readonly ExitCode: number | null }>(`/exec/${Id}/json`);
    return { exitCode: ExitCode ?? 1, said };
  }

  /** The last `lines` lines that a container wrote to both of its outputs. */
  async lastLines(container: string, lines: number): Promise<string[]> {
    const query = { stdout: true, stderr: true, tail: lines };
    return linesOf(await this.api.printed("GET", `/containers/${container}/logs`, { query }));
  }

  /** Removes a container that an interrupted deployment of `stack` left behind under `name`; returns whether there was one. */
  async removeLeftover(name: string, stack: string): Promise<boolean> {
    const found = await this.api.find<Docker.ContainerInspectInfo>(`/containers/${name}/json`);
    if (found?.Config.Labels?.[STACK_LABEL] !== stack) return false;
    await this.api.request("DELETE", `/containers/${found.Id}`, { query: { force: true } });
    return true;
  }

  /** The same for a network, which must have no containers left. */
  async removeLeftoverNetwork(name: string, stack: string): Promise<boolean> {
    const networks = await this.api.get<Docker.NetworkInspectInfo[]>("/networks");
    const found = networks.find((network) => network.Name === name && network.Labels?.[STACK_LABEL] === stack);
    if (found === undefined) return false;
    await this.api.request("DELETE", `/networks/${found.Id}`);
    return true;
  }
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
