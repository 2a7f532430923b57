import type * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { type DockerContext, physicalName } from "./context.ts";
import { labelList, STACK_LABEL, WORKLOAD_LABEL } from "./labels.ts";
import * as docker from "./provider.ts";

/** A named volume. */
export class DockerVolume extends w.Noun<"volume"> implements w.Volume {
  readonly access: w.Volume["access"];
  /** Its name on the engine, known when it exists. */
  readonly volumeName: pulumi.Output<string>;

  constructor(context: DockerContext, name: string, given: w.VolumeSpec, opts: w.ChildOptions) {
    const { keep, size: _oneHost, access, ...rest } = w.parse({ kind: "volume", name }, w.volumeSpec, given);
    w.nothingLeft(rest);
    super(context, "volume", name, opts);

    this.access = access;
    const volume = new docker.Volume(name, volumeArgs(context, name, physicalName(context, name)), {
      parent: this,
      retainOnDelete: keep,
      // Any change of these would make a new volume and then delete the data: a volume keeps what it was created with.
      ignoreChanges: ["name", "labels", "driver", "driverOpts"],
    });
    this.volumeName = volume.name;
    this.registerOutputs({});
  }
}

/** Inputs of a volume that belongs to the noun `owner`. */
export function volumeArgs(context: DockerContext, owner: string, physical: string): docker.VolumeArgs {
  return { name: physical, labels: labelList({ [STACK_LABEL]: context.stack, [WORKLOAD_LABEL]: owner }) };
}
