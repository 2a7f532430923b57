import { statSync } from "node:fs";
import { posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";
import { isRemote } from "./engine-host.ts";
import type * as docker from "./provider.ts";

type User = w.CompleteContainer["user"];

/** A folder of the engine's host in a container. Another spelling of the same folder (`/srv/models/`) changes nothing. */
export function bindOf({ hostFolder, path, readOnly }: w.HostFolderMount): docker.inputs.ContainerMount {
  return { type: "bind", source: posix.resolve(hostFolder), target: path, readOnly };
}

/** Requires a workload's host folders to exist, and to be written in development only. Those of another machine cannot be looked at from here: a line says so. */
export function admitHostFolders(context: DockerContext, workload: string, mounts: readonly w.CompleteMount[], user: User): void {
  for (const [index, mount] of mounts.entries()) {
    if (!("hostFolder" in mount)) continue;
    const path = `"${workload}": mounts[${index}].hostFolder`;
    if (!mount.readOnly && context.production) context.admission.require(writableInProduction(path));
    if (isRemote()) void pulumi.log.info(`${path}: "${mount.hostFolder}" is looked for by the engine only, which is on another machine`);
    else {
      context.admission.require(folderMissing(path, mount.hostFolder));
      if (!mount.readOnly) warnUnlessWritable(path, mount.hostFolder, user);
    }
  }
}

function writableInProduction(path: string): w.Mistake {
  const remedy = "leave out readOnly: false, or let the workload write into a volume";
  return w.unsupported(path, "a platform marked production (platform.production)", remedy);
}

/** Says so where the folder's mode lets the container's user write nothing; lists of further rights may still let it. */
function warnUnlessWritable(path: string, folder: string, { uid, gid }: User): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return;
  const bit = found.uid === uid ? 0o200 : found.gid === gid ? 0o020 : 0o002;
  if ((found.mode & bit) !== 0) return;
  void pulumi.log.warn(
    `${path}: the container's user ${uid}:${gid} may not write into "${folder}"; chown it, or set the container's user to the owner's (${found.uid}:${found.gid})`,
  );
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
