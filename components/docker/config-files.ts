import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { newContainer } from "./changes.ts";
import { type DockerContext, physicalName } from "./context.ts";
import type { ContainerArguments } from "./effects.ts";
import { labelList, STACK_LABEL, WORKLOAD_LABEL } from "./labels.ts";
import type * as docker from "./provider.ts";
import { newVolume } from "./volume.ts";

/**
 * Plain files in a volume of their own, whose name follows from their content: a changed file is a new volume, so the
 * containers that mount it are replaced, as for any change of theirs. A container that never runs carries the files in,
 * because the engine cannot write into a read-only container, and a remote engine has no folder of this machine.
 */
export class DockerConfigFiles extends w.Noun<"configFiles"> implements w.ConfigFiles {
  /** Name of the volume on the engine, known when the files are in it, so that no container mounts an empty one. */
  readonly volumeName: pulumi.Output<string>;
  /** The same name, which follows from their content, as it is known from the beginning. */
  readonly physicalName: string;

  constructor(context: DockerContext, name: string, given: w.ConfigFilesSpec, opts: w.ChildOptions) {
    const { files, ...rest } = w.parse({ kind: "configFiles", name }, w.configFilesSpec, given);
    w.nothingLeft(rest);
    super(context, "configFiles", name, opts);

    const content = `${name}-${w.contentHash(files)}`;
    this.physicalName = physicalName(context, content);
    const { volume, isGone } = newVolume(context, this, content, { physical: this.physicalName });
    // What it carried is in the volume: it may be gone, and works again only for a volume that is.
    const carrier = newContainer(context, this, content, carrierArgs(context, name, content, volume, files), {
      duty: "works",
      lost: isGone ? `is gone, and the files ${name} with it: they will be made again` : undefined,
    });
    this.volumeName = pulumi.all([volume.name, carrier.id]).apply(([mounted]) => mounted);
    this.registerOutputs({});
  }
}

function carrierArgs(
  context: DockerContext,
  name: string,
  content: string,
  volume: docker.Volume,
  files: Readonly<Record<string, string>>,
) {
  return {
    name: physicalName(context, `${content}-carrier`),
    image: context.carrier(),
    command: ["never-started"],
    start: false,
    mustRun: false,
    restart: "no",
    networkMode: "none",
    mounts: [{ type: "volume", source: volume.name, target: "/files" }],
    uploads: Object.entries(files).map(([file, text]) => ({ file: `/files/${file}`, content: text, permissions: "0444" })),
    labels: labelList({ [STACK_LABEL]: context.stack, [WORKLOAD_LABEL]: name }),
  } satisfies ContainerArguments;
}
