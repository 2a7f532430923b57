import type * as pulumi from "@pulumi/pulumi";

import type { CompleteContainer, Workload } from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import type { Metadata } from "./declared.ts";
import { labelsOf, WAIT_FOR } from "./labels.ts";
import { KubernetesWorkload } from "./noun.ts";

/** Makes the provider wait only until an object exists: what has to be waited for besides, the adapter waits for. */
export const EXISTS = { [WAIT_FOR]: "jsonpath={.metadata.uid}" };
/** Makes the provider wait for nothing at all. */
export const NO_WAIT = { "pulumi.com/skipAwait": "true" };

/** Metadata of an object of the stack, under the very name that is given. */
export function metadataOf(
  context: KubernetesContext,
  name: pulumi.Input<string>,
  workload: string,
  annotations: Readonly<Record<string, pulumi.Input<string>>> = {},
): Metadata {
  return { name, namespace: context.namespace, labels: labelsOf(context.stack, workload), annotations };
}

/**
 * Parent, provider and order of an object.
 *
 * @param before further resources that must exist before it · @param after workloads that must have kept their promise
 */
export function optionsOf(
  context: KubernetesContext,
  parent: pulumi.Resource,
  before: readonly pulumi.Resource[] = [],
  after: readonly Workload[] = [],
) {
  const workloads = after.map((workload) => (workload instanceof KubernetesWorkload ? workload.done : workload.resource));
  return { parent, provider: context.options.provider, dependsOn: [...context.options.dependsOn, ...before, ...workloads] };
}

/**
 * The volumes and files that a container mounts, which must exist before its pod. Pods know them by names that never change:
 * one that is made again leaves a finished job as it is.
 */
export function mountedBy({ mounts }: CompleteContainer): pulumi.Resource[] {
  return mounts.flatMap((mount) => ("hostFolder" in mount ? [] : ["volume" in mount ? mount.volume.resource : mount.files.resource]));
}

/** Name of an object, known once it exists. */
export function nameOf({ metadata }: { metadata: pulumi.Output<{ name?: string }> }): pulumi.Output<string> {
  return metadata.apply(({ name = "" }) => name);
}
