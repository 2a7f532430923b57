import { readFile } from "node:fs/promises";

import type { Finding } from "../workload/adapter/index.ts";
import { EngineApi, messageOf } from "./api.ts";
import { freeSpace } from "./disk.ts";
import { engineHost } from "./engine-host.ts";
import { gpusOf } from "./gpus.ts";
import { type Abilities, unheldLimits } from "./rootless.ts";

/** Least free space, in bytes, for the images of a system, and the space at which it becomes tight. */
const SPACE = { least: 1024 ** 3, ample: 8 * 1024 ** 3 };
/** Most seconds between the engine's clock and this machine's: certificates and tokens of a new container would not be valid yet. */
const CLOCK = 5;

/** What is read of the engine's own description. */
export interface EngineInfo extends Abilities {
  readonly ServerVersion: string;
  readonly Architecture: string;
  readonly DockerRootDir: string;
  readonly SystemTime: string;
  readonly Runtimes?: object;
  readonly DiscoveredDevices?: readonly { readonly ID?: string }[] | null;
}

/**
 * Looks at the engine that is meant: whether it answers, its space, its clock, its GPUs, and how its containers find names
 * outside. What a stack needs of it besides, the program's own checks say.
 *
 * @param images that the settings name
 */
export async function examineEngine(images: readonly string[] = []): Promise<Finding[]> {
  const host = engineHost();
  try {
    const api = new EngineApi();
    const info = await api.get<EngineInfo>("/info");
    const isHere = host.chosenBy === undefined;
    const space = isHere ? await freeSpace(info.DockerRootDir) : undefined;
    const found = await Promise.all(
      images.map(async (name) => ({ name, ...(await api.find<ImageInfo>(`/images/${encodeURIComponent(name)}/json`)) })),
    );
    return [
      ...engineFindings(info, { address: host.address, now: Date.now(), space }),
      ...limitFindings(info),
      gpuFinding(info),
      ...architectureFindings(info, found),
      ...(isHere ? nameServers(await readFile("/etc/resolv.conf", "utf8").catch(() => "")) : []),
    ];
  } catch (error) {
    const remedy = "start it (`npm start` does so where it may), or choose another: DOCKER_HOST, `docker context use`";
    return [{ subject: "Docker engine", state: "wrong", text: `no engine answers at ${host.address} (${messageOf(error)})`, remedy }];
  }
}

/** What of an engine's description would fail a deployment. @param space free bytes where it keeps images; undefined where it is not of this machine */
export function engineFindings(
  { ServerVersion, Architecture, DockerRootDir, SystemTime }: EngineInfo,
  { address, now, space }: { readonly address: string; readonly now: number; readonly space: number | undefined },
): Finding[] {
  const apart = Math.round(Math.abs(now - Date.parse(SystemTime)) / 1000);
  const clock: Finding =
    apart <= CLOCK
      ? { subject: "clock", state: "right", text: "the engine's is this machine's" }
      : { subject: "clock", state: "remark", text: `the engine's is ${apart} s off this machine's`, remedy: "synchronise both (NTP)" };
  return [
    { subject: "Docker engine", state: "right", text: `${ServerVersion} (${Architecture}) at ${address}` },
    disk(DockerRootDir, space),
    clock,
  ];
}

/** Whether it holds containers to their limits; nothing where it does. */
export function limitFindings(info: Abilities): Finding[] {
  const unheld = unheldLimits(info);
  return unheld === undefined ? [] : [{ subject: "limits", state: "remark", ...unheld }];
}

interface ImageInfo {
  readonly Architecture?: string;
}

/** What the engine offers a container that asks for a GPU; one that finds too few is refused by the program. */
export function gpuFinding(info: EngineInfo): Finding {
  const count = gpusOf(info);
  const hasRuntime = "nvidia" in (info.Runtimes ?? {});
  if (count === undefined && !hasRuntime)
    return { subject: "GPU", state: "right", text: "none on this engine; only what asks for one needs it" };
  if (hasRuntime && count !== undefined && count > 0)
    return { subject: "GPU", state: "right", text: `${count} of NVIDIA, with its runtime` };
  const text = hasRuntime
    ? "NVIDIA's runtime is there, and its driver lists no device"
    : `${count} of NVIDIA, but the engine has no runtime for them`;
  const remedy = hasRuntime
    ? "nvidia-smi says what the driver lacks"
    : "nvidia-ctk runtime configure --runtime=docker, then restart the engine";
  return { subject: "GPU", state: "remark", text, remedy };
}

/** As images name the architectures that an engine reports. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/** Given images that the engine holds and cannot run. */
export function architectureFindings(
  { Architecture }: Pick<EngineInfo, "Architecture">,
  images: readonly { readonly name: string; readonly Architecture?: string }[],
): Finding[] {
  const own = ARCHITECTURES[Architecture] ?? Architecture;
  return images.flatMap(({ name, Architecture: theirs }): Finding[] =>
    theirs === undefined || theirs === own
      ? []
      : [
          {
            subject: "architecture",
            state: "wrong",
            text: `${name} is for ${theirs}, the engine is ${own}`,
            remedy: `docker pull --platform linux/${own} ${name}, or release it for every platform (npm run release)`,
          },
        ],
  );
}

/** Whether containers can ask anybody for names outside: the engine hands on this machine's servers, but none of its loopback. */
export function nameServers(resolvConf: string): Finding[] {
  const servers = [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server = ""]) => server);
  const isLocal = (server: string) => /^(127\.|::1$)/.test(server);
  // systemd-resolved's, whose own list of servers the engine reads.
  const usable = servers.filter((server) => !isLocal(server) || server === "127.0.0.53");
  if (usable.length > 0) return [{ subject: "DNS", state: "right", text: "containers ask this machine's servers for names outside" }];
  const text = `this machine's servers (${servers.join(", ") || "none"}) cannot be reached from containers, which ask 8.8.8.8 instead`;
  return [{ subject: "DNS", state: "remark", text, remedy: "name servers of your network: mlstack:platform.network.dns: [ADDRESS]" }];
}

function disk(folder: string, space: number | undefined): Finding {
  if (space === undefined)
    return { subject: "disk", state: "unknown", text: `the engine is on another machine; ${folder} is looked at there` };
  const text = `${(space / 1024 ** 3).toFixed(1)} GiB free for images in ${folder}`;
  if (space >= SPACE.ample) return { subject: "disk", state: "right", text };
  const remedy = "make room: `docker image prune` removes images that no tag names, `docker system df` says what takes it";
  return { subject: "disk", state: space < SPACE.least ? "wrong" : "remark", text, remedy };
}
