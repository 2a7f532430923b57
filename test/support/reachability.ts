/** What of a NetworkPolicy (networking.k8s.io/v1) decides who reaches whom. */
export interface NetworkPolicy {
  readonly metadata: { readonly namespace?: string };
  readonly spec: {
    readonly podSelector?: Selector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports?: readonly Port[] }[];
    readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports?: readonly Port[] }[];
  };
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly unknown[];
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Port {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

/** A pod as policies see it. Two that look the same are two replicas; a pod and itself is no question for a policy. */
export interface Pod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Beside `kubernetes.io/metadata.name`, which every namespace has. */
  readonly namespaceLabels?: Readonly<Record<string, string>>;
}

/** One end of a connection; `"outside"` is a public address that no policy's `except` names. */
type End = Pod | "outside";

/**
 * Whether a connection from one end to the other may be opened, by Kubernetes' rules: a pod that no policy selects in a
 * direction is open in it, policies add up, and the sender's egress and the receiver's ingress must both allow.
 *
 * @throws Error on what it cannot judge: a named port, an expression in a selector, an address range other than all.
 */
export function canReach(policies: readonly NetworkPolicy[], from: End, to: End, port: number, protocol = "TCP"): boolean {
  const sent = allowed(policies, "Egress", from, to, port, protocol);
  return allowed(policies, "Ingress", to, from, port, protocol) && sent;
}

type Direction = "Ingress" | "Egress";

/** Whether what isolates `pod` in this direction, if anything does, lets `peer` through. */
function allowed(policies: readonly NetworkPolicy[], direction: Direction, pod: End, peer: End, port: number, protocol: string): boolean {
  if (pod === "outside") return true;
  const isolating = policies.filter((policy) => typesOf(policy).includes(direction) && isAbout(policy, pod));
  const granting = isolating.filter((policy) =>
    rulesOf(policy, direction).some(
      ({ peers, ports }) =>
        matchesAny(peers, (one) => isPeer(one, peer, namespaceOf(policy))) && matchesAny(ports, (one) => isPort(one, port, protocol)),
    ),
  );
  return isolating.length === 0 || granting.length > 0;
}

/** Without a word on it a policy is about ingress, and about egress when it has rules for that. */
function typesOf({ spec }: NetworkPolicy): readonly string[] {
  return spec.policyTypes ?? (spec.egress === undefined ? ["Ingress"] : ["Ingress", "Egress"]);
}

function isAbout(policy: NetworkPolicy, pod: Pod): boolean {
  return namespaceOf(policy) === pod.namespace && selects(policy.spec.podSelector ?? {}, pod.labels);
}

function namespaceOf({ metadata }: NetworkPolicy): string {
  return metadata.namespace ?? "default";
}

function rulesOf({ spec }: NetworkPolicy, direction: Direction) {
  return direction === "Ingress"
    ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
    : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
}

/** A list that is empty or missing sets no bound. */
function matchesAny<T>(list: readonly T[] | undefined, matches: (one: T) => boolean): boolean {
  return list === undefined || list.length === 0 || list.map(matches).includes(true);
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: Peer, end: End, namespace: string): boolean {
  if (ipBlock !== undefined) {
    if (ipBlock.cidr !== "0.0.0.0/0" && ipBlock.cidr !== "::/0") throw new Error(`cannot judge the address range ${ipBlock.cidr}`);
    // A pod has an address as well; whoever makes exceptions is taken to except the cluster's own addresses.
    return end === "outside" || (ipBlock.except ?? []).length === 0;
  }
  if (podSelector === undefined && namespaceSelector === undefined) throw new Error("a peer must name somebody");
  if (end === "outside") return false;
  const named = { ...end.namespaceLabels, "kubernetes.io/metadata.name": end.namespace };
  const inNamespace = namespaceSelector === undefined ? end.namespace === namespace : selects(namespaceSelector, named);
  return inNamespace && selects(podSelector ?? {}, end.labels);
}

function isPort(bound: Port, port: number, protocol: string): boolean {
  if (typeof bound.port === "string") throw new Error(`cannot judge the named port ${bound.port}`);
  if ((bound.protocol ?? "TCP") !== protocol) return false;
  return bound.port === undefined || (port >= bound.port && port <= (bound.endPort ?? bound.port));
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Readonly<Record<string, string>>): boolean {
  if (matchExpressions.length > 0) throw new Error("cannot judge an expression in a selector");
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}
