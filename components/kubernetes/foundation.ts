import * as pulumi from "@pulumi/pulumi";

import type { KubernetesContext } from "./context.ts";
import { DeclaredObject, type Ground, type Metadata } from "./declared.ts";
import { isOurs } from "./existing.ts";
import { labelsOf, ownName } from "./labels.ts";
import { pullSecret, restricted } from "./namespace.ts";
import { defaultDeny } from "./network-policy.ts";
import { nameOf } from "./objects.ts";
import * as k8s from "./provider.ts";
import { noteDeployment } from "./record.ts";
import type { CompleteSettings } from "./settings.ts";
import type { Owner } from "./truth.ts";

/** Where an object belongs that is no noun's. */
type Inside = pulumi.CustomResourceOptions & { readonly parent: Owner };

/** What a stack in one namespace rests on, besides its workloads. */
type Foundation = Pick<KubernetesContext, "namespace" | "serviceAccount" | "options">;

/**
 * Registers the provider, the namespace, the account that pods run under, and the policy that closes all flows.
 *
 * @param made what a new namespace is known by
 */
export function foundationOf(parent: Owner, settings: CompleteSettings, ground: Ground, made: string): Foundation {
  const { stack, view } = ground;
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
  const namespace = namespaceFor(settings, ground, made, inside);
  const metadata = (name: string) => ({ name: `${ownName()}-${name}`, namespace, labels: labelsOf(stack) });
  const login = pullSecret(settings, ground, namespace, inside);
  const pullSecrets = [...settings.pullSecrets, ...(login === undefined ? [] : [nameOf(login)])];
  const account = metadata("workloads");
  const body = {
    automountServiceAccountToken: false,
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
  };
  const object = new DeclaredObject(ground, parent, "ServiceAccount", account.name);
  const workloads = new k8s.ServiceAccount("workloads", object.inputs(account, body), { ...inside, ...object.options() });
  const closed = closedByDefault(ground, metadata("default-deny"), inside);
  noteDeployment(ground, parent, { ...inside, namespace });
  return { namespace, serviceAccount: account.name, options: { provider, dependsOn: [workloads, closed] } };
}

function closedByDefault(ground: Ground, metadata: Metadata & { name: string }, inside: Inside): pulumi.Resource {
  const object = new DeclaredObject(ground, inside.parent, "NetworkPolicy", metadata.name);
  const inputs = object.inputs(metadata, { spec: defaultDeny(ground.stack) });
  return new k8s.NetworkPolicy("default-deny", inputs, { ...inside, ...object.options() });
}

/** Name of the namespace, known once it exists. */
function namespaceFor(
  { namespace: { join, keep } }: CompleteSettings,
  ground: Ground,
  made: string,
  inside: Inside,
): pulumi.Output<string> {
  const { view, stack, namespaceName: name } = ground;
  // A namespace that the stack created stays in its state when it is to be joined from now on: the engine would delete it.
  if (join && (view.namespace === undefined || !isOurs(view.namespace, stack))) return pulumi.output(name);
  const object = new DeclaredObject(ground, inside.parent, "Namespace", name, { fresh: made });
  const inputs = object.inputs({ name, labels: { ...labelsOf(stack), ...restricted } }, {});
  return nameOf(new k8s.Namespace(name, inputs, { ...inside, retainOnDelete: keep || join, ...object.options() }));
}
