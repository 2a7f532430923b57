import { statfs } from "node:fs/promises";

import type { Finding } from "../workload/adapter/index.ts";
import { EngineApi, messageOf } from "./api.ts";
import { engineHost } from "./engine-host.ts";

/** Least free space, in bytes, for the images of a system, and the space at which it becomes tight. */
const SPACE = { least: 1024 ** 3, ample: 8 * 1024 ** 3 };
/** Most seconds between the engine's clock and this machine's: certificates and tokens of a new container would not be valid yet. */
const CLOCK = 5;

/** What is read of the engine's own description. */
export interface EngineInfo {
  readonly ServerVersion: string;
  readonly Architecture: string;
  readonly DockerRootDir: string;
  readonly SystemTime: string;
}

/** Looks at the engine that is meant: whether it answers, its space and its clock. What a stack needs of it, the program's own checks say. */
export async function examineEngine(): Promise<Finding[]> {
  const host = engineHost();
  try {
    const info = await new EngineApi().get<EngineInfo>("/info");
    const space = host.chosenBy === undefined ? await freeSpace(info.DockerRootDir) : undefined;
    return engineFindings(info, { address: host.address, now: Date.now(), space });
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

function disk(folder: string, space: number | undefined): Finding {
  if (space === undefined)
    return { subject: "disk", state: "unknown", text: `the engine is on another machine; ${folder} is looked at there` };
  const text = `${(space / 1024 ** 3).toFixed(1)} GiB free for images in ${folder}`;
  if (space >= SPACE.ample) return { subject: "disk", state: "right", text };
  const remedy = "make room: `docker image prune` removes images that no tag names, `docker system df` says what takes it";
  return { subject: "disk", state: space < SPACE.least ? "wrong" : "remark", text, remedy };
}

async function freeSpace(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
