import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";

import { linesOf } from "../workload/adapter/index.ts";
import { EngineApi, statusOf } from "./api.ts";
import { filesInArchive } from "./archive.ts";
import { type Disk, freeSpace } from "./disk.ts";
import { type EngineHost, engineHost, isRemote, LOCAL_SOCKET, providerRemedy } from "./engine-host.ts";
import {
  type ContainerDetail,
  containerDetail,
  containerView,
  type EngineView,
  networksIn,
  networkView,
  volumeView,
} from "./engine-view.ts";
import { type DeviceInfo, gpusOf } from "./gpus.ts";
import { Handover } from "./handover.ts";
import { forAMoment } from "./moment.ts";
import type { Ownership } from "./owner.ts";
import { isFreeHere } from "./ports.ts";
import { type Abilities, isRootless, unheldLimits } from "./rootless.ts";

/** Longest time, in milliseconds, that the removal of a container by another part of a deployment is waited for. */
const REMOVED = 30_000;

/** The Docker engine that is meant (see `engineHost`). */
export class Engine {
  private readonly api = new EngineApi();

  /**
   * Everything that decides whether a change can succeed.
   *
   * @throws pulumi.RunError with the next command when the engine does not answer.
   */
  async look(): Promise<EngineView> {
    admitHost();
    try {
      const [containers, networks, volumes, info] = await Promise.all([
        this.api.get<Docker.ContainerInfo[]>("/containers/json", { all: true }),
        this.api.get<Docker.NetworkInspectInfo[]>("/networks"),
        this.api.get<{ readonly Volumes: Docker.VolumeInspectInfo[] | null }>("/volumes"),
        this.api.get<{ readonly Runtimes?: object; readonly BuildahVersion?: string } & DeviceInfo & Abilities>("/info"),
      ]);
      if (info.BuildahVersion !== undefined) throw new pulumi.RunError(NO_PODMAN);
      const unheld = unheldLimits(info);
      if (unheld !== undefined) void pulumi.log.warn(`The engine ${unheld.text}; ${unheld.remedy}`);
      return {
        containers: new Map(containers.map(containerView)),
        details: new Map(),
        networks: networks.map(networkView),
        volumes: (volumes.Volumes ?? []).map(volumeView),
        files: new Map(),
        runtimes: Object.keys(info.Runtimes ?? {}),
        gpus: gpusOf(info),
        rootless: isRootless(info),
      };
    } catch (error) {
      throw pulumi.RunError.isInstance(error) ? error : new pulumi.RunError(noAnswer(error));
    }
  }

  /** More about those of the containers that exist, by id. */
  async details(ids: readonly string[]): Promise<ReadonlyMap<string, ContainerDetail>> {
    const found = await Promise.all(ids.map((id) => this.api.find<Docker.ContainerInspectInfo>(`/containers/${id}/json`)));
    return new Map(found.flatMap((one) => (one === undefined ? [] : [[one.Id, containerDetail(one)]])));
  }

  /** Where the engine keeps what it has, and how much more that may be. */
  async disk(): Promise<Disk> {
    const { DockerRootDir: folder } = await this.api.get<{ readonly DockerRootDir: string }>("/info");
    return { folder, free: isRemote() ? undefined : await freeSpace(folder) };
  }

  /** Files in volumes of this name, as one of the containers that mount them shows them. */
  async files(volumes: readonly string[], { containers }: Pick<EngineView, "containers">): Promise<EngineView["files"]> {
    const found = await Promise.all(
      volumes.map(async (volume) => {
        const [id, folder] = [...containers.values()].flatMap(({ id, mounts }) => (volume in mounts ? [id, mounts[volume]] : []));
        if (id === undefined || folder === undefined) return [];
        // One that is being removed shows nothing.
        const archive = await this.api.bytes(`/containers/${id}/archive`, { path: folder }).catch(() => undefined);
        const files = archive && filesInArchive(archive);
        return files === undefined ? [] : [[volume, files] as const];
      }),
    );
    return new Map(found.flat());
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

  /** Gives up what the stack has under another name and a new container or network is about to take. */
  handover(owner: Ownership): Handover {
    return new Handover(this.api, owner, isFreeHere);
  }

  /** The last `lines` lines that a container wrote to both of its outputs. */
  async lastLines(container: string, lines: number): Promise<string[]> {
    const query = { stdout: true, stderr: true, tail: lines };
    return linesOf(await this.api.printed("GET", `/containers/${container}/logs`, { query }));
  }

  /** Removes a container of this stack that an interrupted deployment left behind under `name`; returns whether there was one. */
  async removeLeftover(name: string, owner: Ownership): Promise<boolean> {
    const found = await this.api.find<Docker.ContainerInspectInfo>(`/containers/${name}/json`);
    if (found === undefined) return false;
    const { Id: id, Config, NetworkSettings } = found;
    if (!owner.owns({ name, id, labels: Config.Labels ?? {}, networks: networksIn(NetworkSettings) })) return false;
    try {
      await this.api.request("DELETE", `/containers/${id}`, { query: { force: true } });
      return true;
    } catch (error) {
      if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
    }
    // No leftover: what takes over its port ends it at this very moment. Its name is free when it is gone.
    await forAMoment(REMOVED, async () => (await this.api.find(`/containers/${id}/json`)) === undefined);
    return false;
  }

  /** The same for a network, which must have no containers left. */
  async removeLeftoverNetwork(name: string, owner: Ownership): Promise<boolean> {
    const networks = (await this.api.get<Docker.NetworkInspectInfo[]>("/networks")).map(networkView);
    const found = networks.find((network) => network.name === name && owner.owns(network));
    if (found === undefined) return false;
    await this.api.request("DELETE", `/networks/${found.id}`);
    return true;
  }
}

/** Says which engine is meant where that is not the local one, and makes sure that the provider means the same. */
function admitHost(): void {
  const host = engineHost();
  const remedy = providerRemedy(host);
  if (remedy !== undefined) throw new pulumi.RunError(otherProvider(host, remedy));
  if (host.address !== LOCAL_SOCKET) void pulumi.log.info(`Docker engine: ${host.address} (${host.chosenBy})`);
}

function otherProvider({ address, chosenBy = "no variable and no context names another" }: EngineHost, remedy: string): string {
  return [
    `Docker: the engine at ${address} is meant (${chosenBy}), but Pulumi's provider reads the environment in another way and would miss it.`,
    `  Deploy by \`npm start\` or \`npm run pulumi\`, or run \`${remedy}\` first.`,
    "  Nothing was changed.",
  ].join("\n");
}

const NO_PODMAN = [
  "Docker: the engine that answers is Podman's, whose health checks, networks and restarts differ from Docker's.",
  "  Name an engine of Docker, also a rootless one (DOCKER_HOST, DOCKER_CONTEXT or `docker context use`).",
  "  Nothing was changed.",
].join("\n");

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noAnswer(error: unknown): string {
  const { address, chosenBy } = engineHost();
  const host = chosenBy === undefined ? "the local socket" : `${address} (${chosenBy})`;
  return [
    `Docker: no engine answers at ${host} (${reasonOf(error)}).`,
    "  Start it (`npm start` does so where it may, else `sudo systemctl start docker`), or name one that runs (DOCKER_HOST, DOCKER_CONTEXT or `docker context use`).",
    "  Nothing was changed.",
  ].join("\n");
}
