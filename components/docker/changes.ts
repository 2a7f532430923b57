import * as pulumi from "@pulumi/pulumi";

import { isChildOf } from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";
import { type Duty, deviationOf } from "./drift.ts";
import { type ContainerArguments, renewedFor } from "./effects.ts";
import { type Labels, labelList, OWNER_LABEL, renewalLabel } from "./labels.ts";
import * as docker from "./provider.ts";

/** What a container may need besides its arguments. */
export interface ContainerOptions extends Pick<pulumi.CustomResourceOptions, "customTimeouts"> {
  /** What it is for; work that is done must not be done again for a changed size. */
  readonly duty: Duty;
  /** What must exist, be ready or have succeeded before it. */
  readonly dependsOn?: readonly pulumi.Input<pulumi.Resource>[];
  /** Why work has to be done again that is done, as the end of a sentence that begins with its name. */
  readonly lost?: string | undefined;
  readonly afterCreate?: readonly pulumi.ResourceHook[];
}

/** Arguments whose name and labels are known when the program runs. */
export type PlainArguments = Omit<ContainerArguments, "name" | "labels"> & {
  readonly name: string;
  readonly labels: readonly docker.inputs.ContainerLabel[];
};

/**
 * A container that really takes every change, under a name that an interrupted deployment cannot have left taken. One that is
 * no longer what the last deployment made is made again, and the preview says why.
 */
export function newContainer(
  context: DockerContext,
  parent: pulumi.Resource,
  name: string,
  { labels, ...args }: PlainArguments,
  { duty, dependsOn = [], lost, afterCreate = [], ...options }: ContainerOptions,
): docker.Container {
  const before = context.record.containers.find(({ place }) => isChildOf(place, name, parent));
  context.names.take("container", args.name);
  const deviation = before && (lost ?? deviationOf(before, context.view.details.get(before.id), duty));
  if (deviation !== undefined) void pulumi.log.info(`${name} ${deviation}`);
  const own = { ...ownerLabel(context, before?.labels, duty), ...renewalLabel(before?.labels, deviation !== undefined) };
  return new docker.Container(
    name,
    { ...args, labels: [...labels, ...labelList(own)] },
    {
      ...options,
      parent,
      dependsOn: [...dependsOn],
      deleteBeforeReplace: true,
      replaceOnChanges: [...renewedFor(duty)],
      hooks: {
        beforeCreate: [context.hooks.clearLeftover, ...(args.ports === undefined ? [] : [context.hooks.takePorts])],
        afterCreate: [...afterCreate],
        onError: [context.hooks.whyItFailed],
      },
    },
  );
}

/** Work that is done keeps what it is labelled with, since another label would let it run again. */
function ownerLabel({ owner }: DockerContext, before: Labels | undefined, duty: Duty): Readonly<Record<string, pulumi.Input<string>>> {
  if (duty !== "works" || before === undefined) return { [OWNER_LABEL]: owner };
  const kept = before[OWNER_LABEL];
  return kept === undefined ? {} : { [OWNER_LABEL]: kept };
}
