import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { type Deviation, deviationText } from "../workload/drift.ts";
import { type DockerContext, physicalName } from "./context.ts";
import { GONE, strangeVolume } from "./drift.ts";
import { labelList, OWNER_LABEL, renewalLabel, STACK_LABEL, WORKLOAD_LABEL } from "./labels.ts";
import * as docker from "./provider.ts";

/** A named volume. */
export class DockerVolume extends w.Noun<"volume"> implements w.Volume {
  readonly access: w.Volume["access"];
  /** Its name on the engine, known when it exists. */
  readonly volumeName: pulumi.Output<string>;
  /** Whether the last deployment made it and it is there no more, nor what was in it. */
  readonly isGone: boolean;

  constructor(context: DockerContext, name: string, given: w.VolumeSpec, opts: w.ChildOptions) {
    const { keep, size: _oneHost, access, ...rest } = w.parse({ kind: "volume", name }, w.volumeSpec, given);
    w.nothingLeft(rest);
    super(context, "volume", name, opts);

    this.access = access;
    const { volume, isGone, strange } = newVolume(context, this, name, { physical: physicalName(context, name), keep });
    const deviation = isGone ? GONE.volume : strange;
    if (deviation !== undefined) void pulumi.log.info(`volume ${name} ${deviationText(deviation)}`);
    this.volumeName = volume.name;
    this.isGone = isGone;
    this.registerOutputs({});
  }
}

/** A volume on the engine, which keeps what it was created with, and is made again only when it is gone. */
export function newVolume(
  context: DockerContext,
  parent: DockerVolume | w.Noun<"configFiles">,
  name: string,
  { physical, keep = false }: { readonly physical: string; readonly keep?: boolean },
): { volume: docker.Volume; known: string | undefined; isGone: boolean; strange: Deviation | undefined } {
  const { record, view } = context;
  const before = record.volumes.find(({ place }) => w.isChildOf(place, name, parent));
  const now = view.volumes.find((one) => one.name === before?.name);
  const isGone = before !== undefined && now === undefined;
  // One that exists keeps its name, whatever the prefix is now.
  if (before === undefined || isGone) context.names.take("volume", physical, keep);
  const labels = { [STACK_LABEL]: context.stack, [OWNER_LABEL]: context.owner, [WORKLOAD_LABEL]: parent.name };
  const volume = new docker.Volume(
    name,
    { name: physical, labels: labelList({ ...labels, ...renewalLabel(before?.labels, isGone) }) },
    {
      parent,
      retainOnDelete: keep,
      // Any change of these would make a new volume and then delete the data.
      ignoreChanges: isGone ? [] : ["name", "labels", "driver", "driverOpts"],
      deleteBeforeReplace: isGone,
      hooks: { onError: [context.hooks.whyItFailed] },
    },
  );
  return { volume, known: before?.name, isGone, strange: before && strangeVolume(before, now) };
}
