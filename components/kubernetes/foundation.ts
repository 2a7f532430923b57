import * as pulumi from "@pulumi/pulumi";

import type { KubernetesContext } from "./context.ts";
import { type ClusterView, isOurs } from "./existing.ts";
import { labelsOf } from "./labels.ts";
import { pullSecret, restricted } from "./namespace.ts";
import { defaultDeny } from "./network-policy.ts";
import { nameOf } from "./objects.ts";
import * as k8s from "./provider.ts";
import type { CompleteSettings } from "./settings.ts";

/** What a stack in one namespace rests on, besides its workloads. */
type Foundation = Pick<KubernetesContext, "namespace" | "serviceAccount" | "options">;

/**
 * Registers the provider, the namespace, the account that pods run under, and the policy that closes all flows.
 *
 * @param stack value of the stack label · @param namespaceName of the namespace that is created or joined
 */
export function foundationOf(
  parent: pulumi.Resource,
  settings: CompleteSettings,
  view: ClusterView,
  stack: string,
  namespaceName: string,
): Foundation {
  const provider = new k8s.Provider(
    "kubernetes",
    {
      ...(settings.context === undefined ? {} : { context: settings.context }),
      // Another cluster is another provider, and the preview says that everything moves.
      clusterIdentifier: view.id,
      // Objects of others are refused beforehand; one of ours, left by a deployment that was killed, is taken up again.
      upsertExistingObjects: true,
    },
    { parent },
  );
  const inside = { parent, provider };
  const namespace = namespaceFor(settings, view, stack, namespaceName, inside);
  // Another stack may have joined the same namespace: what belongs to no workload is named after the stack.
  const own = `${pulumi.getProject()}-${pulumi.getStack()}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const metadata = (name: string) => ({ name, namespace, labels: labelsOf(stack) });
  const login = pullSecret(settings, { namespace, labels: labelsOf(stack) }, inside);
  const pullSecrets = [...settings.pullSecrets, ...(login === undefined ? [] : [nameOf(login)])];
  const account = new k8s.ServiceAccount(
    "workloads",
    {
      metadata: metadata(`${own}-workloads`),
      automountServiceAccountToken: false,
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
    },
    inside,
  );
  const closed = new k8s.NetworkPolicy("default-deny", { metadata: metadata(`${own}-default-deny`), spec: defaultDeny(stack) }, inside);
  return { namespace, serviceAccount: nameOf(account), options: { provider, dependsOn: [closed] } };
}

/** Name of the namespace, known once it exists. */
function namespaceFor(
  { namespace: { join, keep } }: CompleteSettings,
  view: ClusterView,
  stack: string,
  name: string,
  inside: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  // A namespace that the stack created stays in its state when it is to be joined from now on: the engine would delete it.
  if (join && (view.namespace === undefined || !isOurs(view.namespace, stack))) return pulumi.output(name);
  const metadata = { name, labels: { ...labelsOf(stack), ...restricted } };
  return nameOf(new k8s.Namespace(name, { metadata }, { ...inside, retainOnDelete: keep || join }));
}
