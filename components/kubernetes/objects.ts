import type * as pulumi from "@pulumi/pulumi";

import type { Mistake, Workload } from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { labelsOf } from "./labels.ts";
import type { inputs } from "./provider.ts";
import { isOurs, type Standing } from "./view.ts";

/** Tells the provider that an object is there as soon as it exists: what has to be waited for, the adapter waits for. */
export const EXISTS = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };

/** Metadata of an object of the stack, under the very name that is given. */
export function named(
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
 * @param before further resources that must be there before it · @param after workloads that must have kept their promise
 */
export function options(
  context: KubernetesContext,
  parent: pulumi.Resource,
  before: readonly pulumi.Resource[] = [],
  after: readonly Workload[] = [],
) {
  const workloads = after.map((workload) => context.kept.get(workload) ?? workload.resource);
  return { parent, provider: context.options.provider, dependsOn: [...context.options.dependsOn, ...before, ...workloads] };
}

/** The object of that kind and name that stands; one that is not ours is an obstacle, never a thing to take over. */
export function standing(context: KubernetesContext, kind: string, name: string): Standing | undefined {
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
