import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { type DockerContext, physicalName } from "./context.ts";
import { labelList, STACK_LABEL, WORKLOAD_LABEL } from "./labels.ts";
import { isRemote } from "./ports.ts";
import * as docker from "./provider.ts";

/** A named volume. */
export class DockerVolume extends pulumi.ComponentResource implements w.Volume {
  readonly kind = "volume";
  readonly name: string;
  readonly access: w.Volume["access"];
  readonly resource: pulumi.Resource;

  constructor(context: DockerContext, name: string, given: w.VolumeSpec, opts: w.ChildOptions) {
    super("mlstack:docker:Volume", name, {}, opts);
    this.name = name;
    this.resource = this;
    const { keep, size: _oneHost, access, ...rest } = w.parse({ kind: "volume", name, resource: this }, w.volumeSpec, given);
    w.nothingLeft(rest);

    this.access = access;
    const volume = new docker.Volume(name, volumeArgs(context, name, physicalName(context, name)), {
      parent: this,
      retainOnDelete: keep,
      // Any change of these would make a new volume and then delete the data: a volume stays as it was made.
      ignoreChanges: ["name", "labels", "driver", "driverOpts"],
    });
    context.volumes.set(this, volume.name);
    this.registerOutputs({});
  }
}

/**
 * Plain files in a volume of their own, whose name follows from their content: a changed file is a new volume, so the
 * containers that mount it are replaced, as any change of theirs. A container that never runs carries the files in,
 * because the engine cannot write into a read-only container, and a folder of the host is not there on a remote engine.
 */
export class DockerConfigFiles extends pulumi.ComponentResource implements w.ConfigFiles {
  readonly kind = "configFiles";
  readonly name: string;
  readonly resource: pulumi.Resource;

  constructor(context: DockerContext, name: string, given: w.ConfigFilesSpec, opts: w.ChildOptions) {
    super("mlstack:docker:ConfigFiles", name, {}, opts);
    this.name = name;
    this.resource = this;
    const { files, ...rest } = w.parse({ kind: "configFiles", name, resource: this }, w.configFilesSpec, given);
    w.nothingLeft(rest);

    const content = `${name}-${hashOf(files)}`;
    const volume = new docker.Volume(content, volumeArgs(context, name, physicalName(context, content)), { parent: this });
    const carrier = new docker.Container(content, carrierArgs(context, name, content, volume, files), {
      parent: this,
      deleteBeforeReplace: true,
      hooks: { beforeCreate: [context.hooks.clearLeftover] },
    });
    // Known only when the files are in, so that nobody mounts an empty volume.
    context.volumes.set(
      this,
      pulumi.all([volume.name, carrier.id]).apply(([mounted]) => mounted),
    );
    this.registerOutputs({});
  }
}

/** Secret values, handed to containers as variables; the state holds them encrypted. */
export class DockerSecret extends pulumi.ComponentResource implements w.Secret {
  readonly kind = "secret";
  readonly name: string;
  readonly keys: readonly string[];
  readonly resource: pulumi.Resource;

  constructor(context: DockerContext, name: string, given: w.SecretSpec, opts: w.ChildOptions) {
    super("mlstack:docker:Secret", name, {}, opts);
    this.name = name;
    this.resource = this;
    const { values, ...rest } = w.parse({ kind: "secret", name, resource: this }, w.secretSpec, given);
    w.nothingLeft(rest);

    this.keys = Object.keys(values);
    context.secrets.set(this, Object.fromEntries(Object.entries(values).map(([key, value]) => [key, pulumi.secret(value)])));
    this.registerOutputs({});
  }
}

/** A folder of the engine's host in a container. The same folder written otherwise (`/srv/models/`) renews nothing. */
export function bindOf({ hostFolder, path }: w.HostFolderMount): docker.inputs.ContainerMount {
  return { type: "bind", source: posix.resolve(hostFolder), target: path, readOnly: true };
}

/** Asks for the admission of a workload's host folders. On another machine nobody can look for them: then this is said. */
export function admitHostFolders(context: DockerContext, workload: string, mounts: readonly w.CompleteMount[]): void {
  for (const [index, mount] of mounts.entries()) {
    if (!("hostFolder" in mount)) continue;
    const path = `"${workload}": mounts[${index}].hostFolder`;
    if (isRemote()) void pulumi.log.info(`${path}: "${mount.hostFolder}" is looked for by the engine only, which is on another machine`);
    else context.admission.require(folderMissing(path, mount.hostFolder));
  }
}

/** Why a folder of this machine cannot be mounted; nothing where this program may not look, as the engine may. */
export function folderMissing(path: string, folder: string): w.Mistake | undefined {
  try {
    if (statSync(folder).isDirectory()) return undefined;
    return { path, message: `must be a folder, got "${folder}", which is none; mount the folder that it is in` };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOENT" && code !== "ENOTDIR") return undefined;
    return { path, message: `must be a folder of this machine, got "${folder}", which is not there; make it, or correct the path` };
  }
}

function volumeArgs(context: DockerContext, name: string, physical: string): docker.VolumeArgs {
  return {
    name: context.admission.once(physical),
    labels: labelList({ [STACK_LABEL]: context.stack, [WORKLOAD_LABEL]: name }),
  };
}

function carrierArgs(
  context: DockerContext,
  name: string,
  content: string,
  volume: docker.Volume,
  files: Readonly<Record<string, string>>,
): docker.ContainerArgs {
  return {
    name: context.admission.once(physicalName(context, `${content}-carrier`)),
    image: context.carrier(),
    command: ["never-started"],
    start: false,
    mustRun: false,
    restart: "no",
    networkMode: "none",
    mounts: [{ type: "volume", source: volume.name, target: "/files" }],
    uploads: Object.entries(files).map(([file, text]) => ({ file: `/files/${file}`, content: text, permissions: "0444" })),
    labels: labelList({ [STACK_LABEL]: context.stack, [WORKLOAD_LABEL]: name }),
  };
}

function hashOf(files: Readonly<Record<string, string>>): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(files).sort()))
    .digest("hex")
    .slice(0, 8);
}
