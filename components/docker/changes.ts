import * as pulumi from "@pulumi/pulumi";

import { isChildOf } from "../workload/adapter/index.ts";
import { type Deviation, deviationText } from "../workload/drift.ts";
import type { DockerContext } from "./context.ts";
import { type Duty, deviationOf, furtherNetworkOf } from "./drift.ts";
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
  /** Whether it is made again for what others say. */
  readonly again?: boolean;
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
  { duty, dependsOn = [], lost, again = false, afterCreate = [], ...options }: ContainerOptions,
): docker.Container {
  const before = context.record.containers.find(({ place }) => isChildOf(place, name, parent));
  context.names.take("container", args.name);
  const now = before && context.view.details.get(before.id);
  const deviation = before && (lost ?? textOf(deviationOf(before, now, duty)));
  // Training that has ended stays so.
  const renews = again && before !== undefined && !(duty === "trains" && now?.status === "exited");
  const further = before && textOf(furtherNetworkOf(before, now, duty));
  for (const text of deviation === undefined ? [further] : [deviation]) if (text !== undefined) void pulumi.log.info(`${name} ${text}`);
  const own = { ...ownerLabel(context, before?.labels, duty), ...renewalLabel(before?.labels, deviation !== undefined || renews) };
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

function textOf(deviation: Deviation | undefined): string | undefined {
  return deviation && deviationText(deviation);
}

/** Work that is done keeps what it is labelled with, since another label would let it run again. */
function ownerLabel({ owner }: DockerContext, before: Labels | undefined, duty: Duty): Readonly<Record<string, pulumi.Input<string>>> {
  if (duty !== "works" || before === undefined) return { [OWNER_LABEL]: owner };
  const kept = before[OWNER_LABEL];
  return kept === undefined ? {} : { [OWNER_LABEL]: kept };
}
