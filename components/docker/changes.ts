import * as pulumi from "@pulumi/pulumi";

import { isChildOf } from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";
import { type Duty, deviationOf } from "./drift.ts";
import { type Labels, labelList, OWNER_LABEL, renewalLabel } from "./labels.ts";
import * as docker from "./provider.ts";

/**
 * What the provider does with a change of a container's argument:
 * `replaces` it by a new container, applies it `in place`, or reports it as updated and `ignores` it. Arguments that only
 * `waits` read (how the provider creates, waits and stops) have nothing to apply.
 */
type Effect = "replaces" | "in place" | "ignores" | "waits";

/** Every argument that the adapter sets. One that is not listed does not compile: what its change does has to be decided. */
const EFFECTS = {
  attach: "waits",
  capabilities: "replaces",
  command: "replaces",
  cpuPeriod: "ignores",
  cpuQuota: "ignores",
  cpuShares: "in place",
  destroyGraceSeconds: "waits",
  dns: "replaces",
  entrypoints: "replaces",
  envs: "replaces",
  gpus: "replaces",
  // Before 5.2.0 the provider ignored it.
  healthcheck: "ignores",
  hostname: "replaces",
  hosts: "replaces",
  image: "replaces",
  init: "ignores",
  labels: "replaces",
  logDriver: "replaces",
  logOpts: "replaces",
  maxRetryCount: "in place",
  memory: "in place",
  memoryReservation: "in place",
  memorySwap: "in place",
  // A change inside one of the mounts.
  mounts: "ignores",
  mustRun: "waits",
  name: "replaces",
  networkMode: "replaces",
  networksAdvanced: "replaces",
  ports: "replaces",
  readOnly: "replaces",
  restart: "in place",
  securityOpts: "replaces",
  start: "waits",
  stdinOpen: "replaces",
  stopTimeout: "replaces",
  tmpfs: "ignores",
  tty: "replaces",
  ulimits: "replaces",
  uploads: "replaces",
  user: "replaces",
} as const satisfies Partial<Record<keyof docker.ContainerArgs, Effect>>;

/** Arguments of a container, as far as the adapter knows what a change of them does. */
export type ContainerArguments = Pick<docker.ContainerArgs, keyof typeof EFFECTS>;

/** Arguments whose changes the provider ignores: a change of them must replace the container. */
const IGNORED: readonly string[] = Object.entries(EFFECTS).flatMap(([argument, effect]) => (effect === "ignores" ? [argument] : []));

/** Of these, the one that decides whether work runs again; the sizes wait for the next run. */
const RERUNS: readonly string[] = ["mounts"];

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
      replaceOnChanges: [...(duty === "works" ? RERUNS : IGNORED)],
      hooks: {
        beforeCreate: [context.hooks.clearLeftover, ...(args.ports === undefined ? [] : [context.hooks.takePorts])],
        afterCreate: [...afterCreate],
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
