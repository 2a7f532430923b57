import { statSync } from "node:fs";
import { posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";

import type * as w from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";
import { isRemote } from "./engine-host.ts";
import type * as docker from "./provider.ts";

/** A folder of the engine's host in a container. Another spelling of the same folder (`/srv/models/`) changes nothing. */
export function bindOf({ hostFolder, path }: w.HostFolderMount): docker.inputs.ContainerMount {
  return { type: "bind", source: posix.resolve(hostFolder), target: path, readOnly: true };
}

/** Requires a workload's host folders to exist. Those of another machine cannot be looked at from here: a line says so. */
export function admitHostFolders(context: DockerContext, workload: string, mounts: readonly w.CompleteMount[]): void {
  for (const [index, mount] of mounts.entries()) {
    if (!("hostFolder" in mount)) continue;
    const path = `"${workload}": mounts[${index}].hostFolder`;
    if (isRemote()) void pulumi.log.info(`${path}: "${mount.hostFolder}" is looked for by the engine only, which is on another machine`);
    else context.admission.require(folderMissing(path, mount.hostFolder));
  }
}

/** Why a folder of this machine cannot be mounted; undefined where this program may not look, because the engine may. */
export function folderMissing(path: string, folder: string): w.Mistake | undefined {
  try {
    if (statSync(folder).isDirectory()) return undefined;
    return { path, message: `must be a folder, got "${folder}", which is none; mount the folder that it is in` };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOENT" && code !== "ENOTDIR") return undefined;
    return { path, message: `must be a folder of this machine, got "${folder}", which does not exist; create it, or correct the path` };
  }
}
