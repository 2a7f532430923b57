import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { deviationText } from "../workload/drift.ts";
import { newContainer } from "./changes.ts";
import { type DockerContext, physicalName } from "./context.ts";
import { filesGone } from "./drift.ts";
import type { ContainerArguments } from "./effects.ts";
import { filesDeviations, filesDrift } from "./files-drift.ts";
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
  /** What carries them: written again where they were changed, before what mounts them starts again. */
  readonly carrier: pulumi.Resource;
  /** Whether they were changed by hand. */
  readonly isChanged: boolean;

  constructor(context: DockerContext, name: string, given: w.ConfigFilesSpec, opts: w.ChildOptions) {
    const { files, ...rest } = w.parse({ kind: "configFiles", name }, w.configFilesSpec, given);
    w.nothingLeft(rest);
    super(context, "configFiles", name, opts);

    const content = `${name}-${w.contentHash(files)}`;
    this.physicalName = physicalName(context, content);
    const { volume, known, isGone } = newVolume(context, this, content, { physical: this.physicalName });
    const drift = filesDrift(files, known === undefined || isGone ? undefined : context.view.files.get(known));
    this.isChanged = drift.changed.length > 0;
    for (const deviation of filesDeviations(drift, known ?? this.physicalName))
      void pulumi.log.info(`files ${name} ${deviationText(deviation)}`);
    // What it carried is in the volume: it may be gone, and works again only for files that are, or were changed.
    const carrier = newContainer(context, this, content, carrierArgs(context, name, content, volume, files), {
      duty: "works",
      lost: isGone ? deviationText(filesGone(name)) : undefined,
      again: this.isChanged,
    });
    this.carrier = carrier;
    // Of files that are written again the volume is known: what mounts them is not another container for that.
    this.volumeName = this.isChanged ? volume.name : pulumi.all([volume.name, carrier.id]).apply(([mounted]) => mounted);
    this.registerOutputs({});
  }
}

/** What carries the files that a container mounts, where these were changed by hand and are written again. */
export function rewrittenFor({ mounts }: Pick<w.CompleteContainer, "mounts">): DockerConfigFiles[] {
  return mounts.flatMap((mount) =>
    "files" in mount && mount.files instanceof DockerConfigFiles && mount.files.isChanged ? [mount.files] : [],
  );
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
