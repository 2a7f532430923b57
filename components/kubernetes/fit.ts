import { quantityToScalar } from "@kubernetes/client-node/dist/util.js";

/** Amounts by resource, e.g. `{ cpu: 2, memory: 4294967296, "nvidia.com/gpu": 1 }`. */
export type Amounts = Readonly<Record<string, number>>;

/** What is read of a node. */
export interface NodeView {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status: {
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly nodeInfo?: { readonly architecture?: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** What is read of a pod's spec. */
export interface PodView {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
  readonly containers: readonly { readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities } }[];
}

type Quantities = Readonly<Record<string, string | number>>;

/** What a pod reserves: its requests, and limits where it has no request. */
export function reservedBy({ containers }: PodView): Amounts {
  const sums: Record<string, number> = {};
  for (const { resources } of containers) {
    for (const [name, amount] of Object.entries({ ...resources?.limits, ...resources?.requests }))
      sums[name] = (sums[name] ?? 0) + amountOf(amount);
  }
  return sums;
}

/** A quantity as a number: cores, bytes, pieces. */
export function amountOf(quantity: string | number): number {
  return Number(quantityToScalar(String(quantity)));
}

/** Something that keeps a pod off a node: in words, and how far away from fitting it is, 0 to 1. */
interface Lack {
  readonly text: string;
  readonly distance: number;
}

/** A line of a stack file away, against a node that has to be found or bought. */
const DISTANCE = { toleration: 0.3, cordoned: 0.5, label: 0.9 };

/** What keeps a pod off a node; empty where it fits. @param taken what is reserved there already */
export function lacksOf(pod: PodView, node: NodeView, taken: Amounts = {}): Lack[] {
  const { labels = {} } = node.metadata;
  const selector = Object.entries(pod.nodeSelector ?? {}).filter(([key, value]) => labels[key] !== value);
  const taints = (node.spec?.taints ?? []).filter((taint) => taint.effect !== "PreferNoSchedule" && !tolerates(pod, taint));
  const cordoned =
    node.spec?.unschedulable === true ? [{ text: "that it takes pods at all (it is cordoned)", distance: DISTANCE.cordoned }] : [];
  return [
    ...cordoned,
    ...selector.map(([key, value]) => ({ text: `the label ${key}=${value}`, distance: DISTANCE.label })),
    ...taints.map(({ key, effect }) => ({ text: `a toleration of its taint ${key}:${effect}`, distance: DISTANCE.toleration })),
    ...Object.entries(reservedBy(pod)).flatMap(([name, wanted]) => {
      const free = amountOf(node.status.allocatable?.[name] ?? "0") - (taken[name] ?? 0);
      if (wanted <= free) return [];
      const [missing, had, all] = [wanted - free, Math.max(free, 0), wanted].map((amount) => shownAmount(name, amount));
      return [{ text: `${missing} of ${name} (free ${had}, wanted ${all})`, distance: Math.min(1, (wanted - free) / wanted) }];
    }),
  ];
}

/** The node that comes closest to a pod, and what it lacks. */
export function closest(
  pod: PodView,
  nodes: readonly NodeView[],
  taken: ReadonlyMap<string, Amounts>,
): { node: string; lacks: string[] } | undefined {
  const ranked = nodes
    .map((node) => {
      const lacks = lacksOf(pod, node, taken.get(node.metadata.name));
      return {
        node: node.metadata.name,
        lacks: lacks.map(({ text }) => text),
        distance: lacks.reduce((sum, { distance }) => sum + distance, 0),
      };
    })
    .sort((one, other) => one.distance - other.distance);
  return ranked[0];
}

function tolerates({ tolerations = [] }: PodView, taint: Taint): boolean {
  return tolerations.some(({ key, operator = "Equal", value = "", effect }) => {
    const sameKey = key === undefined ? operator === "Exists" : key === taint.key;
    return sameKey && (effect === undefined || effect === taint.effect) && (operator === "Exists" || value === (taint.value ?? ""));
  });
}

/** Memory and storage in Gi, everything else as it is. */
export function shownAmount(name: string, amount: number): string {
  return /memory|storage/.test(name) ? `${Number((amount / 1024 ** 3).toFixed(2))}Gi` : String(Number(amount.toFixed(3)));
}
