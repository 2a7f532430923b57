import type * as pulumi from "@pulumi/pulumi";

import { type Call, type CompleteContainer, isServiceReference } from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import { STACK_LABEL, selectorOf } from "./labels.ts";
import { metadataOf, optionsOf } from "./objects.ts";
import * as k8s from "./provider.ts";
import type { Owner } from "./truth.ts";

type Rule = k8s.inputs.networking.v1.NetworkPolicyEgressRule;

/** Where names are resolved: the cluster's DNS, and its cache on each node, if any, which always has this address. */
const DNS: Rule = {
  to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }, { ipBlock: { cidr: "169.254.20.10/32" } }],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** Closes every flow from and to the stack's pods except the resolution of names. */
export function defaultDeny(stack: string): k8s.inputs.networking.v1.NetworkPolicySpec {
  return { podSelector: { matchLabels: { [STACK_LABEL]: stack } }, policyTypes: ["Ingress", "Egress"], egress: [DNS] };
}

/**
 * Opens exactly the flows that a workload's references imply: out of its pods and into those of each service it names, at the
 * service's port or the one that it says, and out to the addresses beyond the cluster that it declares.
 * Policies only ever add flows: the caller opens the way, and the service need not know its callers. A dot, which no
 * workload's name has, separates the parts of a policy's name.
 *
 * @returns the policies, which must exist before the first pod
 */
export function openCalls(context: KubernetesContext, workload: string, container: CompleteContainer, parent: Owner): pulumi.Resource[] {
  const called = calledBy(container);
  const { outside } = container;
  if (called.length === 0 && outside.length === 0) return [];
  const out = policy(context, workload, `${workload}.calls`, parent, {
    podSelector: { matchLabels: selectorOf(context.stack, workload) },
    policyTypes: ["Egress"],
    egress: [
      ...called.map(({ to, ports }) => ({ to: [peer(context, to.name)], ports: tcp(ports) })),
      ...outside.map(({ addresses, port }) => ({ to: [{ ipBlock: { cidr: addresses } }], ports: [{ protocol: "TCP", port }] })),
    ],
  });
  const into = called.map(({ to: { name }, ports }) =>
    policy(context, name, `${name}.from.${workload}`, parent, {
      podSelector: { matchLabels: selectorOf(context.stack, name) },
      policyTypes: ["Ingress"],
      ingress: [{ from: [peer(context, workload)], ports: tcp(ports) }],
    }),
  );
  return [out, ...into];
}

/** Lets any address reach a published service. */
export function openToOutside(context: KubernetesContext, workload: string, port: number, parent: Owner): pulumi.Resource {
  return policy(context, workload, `${workload}.from-outside`, parent, {
    podSelector: { matchLabels: selectorOf(context.stack, workload) },
    policyTypes: ["Ingress"],
    ingress: [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }], ports: [{ protocol: "TCP", port }] }],
  });
}

/** Lets the members of a gang reach each other on every port: collectives choose their ports as they go. */
export function openAmong(context: KubernetesContext, gang: string, parent: Owner): pulumi.Resource {
  const own = { matchLabels: selectorOf(context.stack, gang) };
  return policy(context, gang, `${gang}.members`, parent, {
    podSelector: own,
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [{ podSelector: own }] }],
    egress: [{ to: [{ podSelector: own }] }],
  });
}

/** Who is called, and at which ports. */
interface Called {
  readonly to: Call["to"];
  readonly ports: readonly number[];
}

/** The services that a container's variables name, and the workloads that it says it calls, each once. */
export function calledBy({ env, calls }: CompleteContainer): Called[] {
  const named = Object.values(env).flatMap((value) => (isServiceReference(value) ? [value.service] : []));
  const all = [...named, ...calls].map((one) => ("to" in one ? one : { to: one, port: one.port }));
  const byName = new Map<string, Called>();
  for (const { to, port } of all) byName.set(to.name, { to, ports: [...new Set([...(byName.get(to.name)?.ports ?? []), port])] });
  return [...byName.values()]
    .map(({ to, ports }) => ({ to, ports: [...ports].sort((a, b) => a - b) }))
    .sort((a, b) => (a.to.name < b.to.name ? -1 : 1));
}

function tcp(ports: readonly number[]) {
  return ports.map((port) => ({ protocol: "TCP", port }));
}

function peer({ stack }: KubernetesContext, workload: string): k8s.inputs.networking.v1.NetworkPolicyPeer {
  return { podSelector: { matchLabels: selectorOf(stack, workload) } };
}

function policy(
  context: KubernetesContext,
  workload: string,
  name: string,
  parent: Owner,
  spec: k8s.inputs.networking.v1.NetworkPolicySpec,
): pulumi.Resource {
  const object = new DeclaredObject(context, parent, "NetworkPolicy", name);
  const inputs = object.inputs(metadataOf(context, name, workload), { spec });
  return new k8s.NetworkPolicy(name, inputs, { ...optionsOf(context, parent), ...object.options() });
}
