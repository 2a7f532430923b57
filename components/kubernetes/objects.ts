import type * as pulumi from "@pulumi/pulumi";

import type { Mistake, Workload } from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { type Existing, isOurs } from "./existing.ts";
import { labelsOf } from "./labels.ts";
import { KubernetesWorkload } from "./noun.ts";
import type { inputs } from "./provider.ts";

/** Makes the provider wait only until an object exists: what has to be waited for besides, the adapter waits for. */
export const EXISTS = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };
/** Makes the provider wait for nothing at all. */
export const NO_WAIT = { "pulumi.com/skipAwait": "true" };

/** Metadata of an object of the stack, under the very name that is given. */
export function metadataOf(
  context: KubernetesContext,
  name: pulumi.Input<string>,
  workload: string,
  annotations: Readonly<Record<string, pulumi.Input<string>>> = {},
): inputs.meta.v1.ObjectMeta {
  return {
    name,
    namespace: context.namespace,
    labels: labelsOf(context.stack, workload),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
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

/** Name of an object, known once it exists. */
export function nameOf({ metadata }: { metadata: pulumi.Output<{ name?: string }> }): pulumi.Output<string> {
  return metadata.apply(({ name = "" }) => name);
}

/** The stack's existing object of that kind and name. One that is not the stack's own is an obstacle, and never taken over. */
export function existingObject(context: KubernetesContext, kind: string, name: string): Existing | undefined {
  const found = context.view.objects.get(`${kind}/${name}`);
  if (found === undefined || isOurs(found, context.stack)) return found;
  context.admission.require(foreign(context, kind, name));
  return undefined;
}

function foreign({ namespaceName }: KubernetesContext, kind: string, name: string): Mistake {
  return {
    path: `${kind} "${name}"`,
    message: `is in namespace "${namespaceName}" already and belongs to something else; remove it, or choose another namespace`,
  };
}
