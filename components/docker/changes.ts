import type * as pulumi from "@pulumi/pulumi";

import type { DockerContext } from "./context.ts";
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
  entrypoints: "replaces",
  envs: "replaces",
  gpus: "replaces",
  // Before 5.2.0 the provider ignored it.
  healthcheck: "ignores",
  hostname: "replaces",
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
  /** What must exist, be ready or have succeeded before it. */
  readonly dependsOn?: readonly pulumi.Input<pulumi.Resource>[];
  /** Whether it has run and must not run again for a changed size. */
  readonly keepsResult?: boolean;
  readonly afterCreate?: readonly pulumi.ResourceHook[];
}

/** A container that really takes every change, under a name that an interrupted deployment cannot have left taken. */
export function newContainer(
  context: DockerContext,
  parent: pulumi.Resource,
  name: string,
  args: ContainerArguments,
  { dependsOn = [], keepsResult = false, afterCreate = [], ...options }: ContainerOptions = {},
): docker.Container {
  return new docker.Container(name, args, {
    ...options,
    parent,
    dependsOn: [...dependsOn],
    deleteBeforeReplace: true,
    replaceOnChanges: [...(keepsResult ? RERUNS : IGNORED)],
    hooks: { beforeCreate: [context.hooks.clearLeftover], afterCreate: [...afterCreate] },
  });
}
