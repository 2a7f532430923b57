import type { Finding } from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";
import type { CompleteSettings } from "./settings.ts";

type Labels = Readonly<Record<string, string>>;

/** What an object selects others by; with neither part it selects all, and where there is none at all, nothing. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly Expression[];
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Of a `Prometheus` of prometheus-operator, what decides what it reads. */
export interface PrometheusView {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podMonitorSelector?: Selector | null;
    readonly podMonitorNamespaceSelector?: Selector | null;
    readonly ruleSelector?: Selector | null;
    readonly ruleNamespaceSelector?: Selector | null;
  };
}

/** What it would have to select. */
interface Ours {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  /** Namespace that is let in. */
  readonly from: string;
}

type Settings = NonNullable<CompleteSettings["prometheus"]>;

/** Whether a Prometheus of the cluster would read what `npm run render` writes for it, and what is missing. */
export async function examinePrometheus(
  cluster: Pick<Cluster, "find">,
  namespace: string,
  { labels, namespace: from }: Settings,
): Promise<Finding[]> {
  const found = await cluster.find<{ items: readonly PrometheusView[] }>("/apis/monitoring.coreos.com/v1/prometheuses");
  if (found === undefined) {
    const text = "the cluster has no prometheus-operator, or this user may not list its Prometheus objects";
    const remedy = "install prometheus-operator, or take mlstack:platform.prometheus away; mlstack:monitoring needs neither";
    return [{ subject: "Prometheus", state: "remark", text, remedy }];
  }
  const own = await cluster.find<{ metadata: { labels?: Labels } }>(`/api/v1/namespaces/${namespace}`);
  // One that does not exist yet will have the label that each namespace has.
  const namespaceLabels = own?.metadata.labels ?? { "kubernetes.io/metadata.name": namespace };
  return judged(found.items, { namespace, namespaceLabels, labels, from });
}

/** One finding for the Prometheus that selects all of it; without one, for each what it lacks. */
export function judged(all: readonly PrometheusView[], ours: Ours): Finding[] {
  const none = "the cluster has prometheus-operator, but no Prometheus object: nothing would read the stack";
  if (all.length === 0)
    return [
      {
        subject: "Prometheus",
        state: "remark",
        text: none,
        remedy: "create one, in the namespace that mlstack:platform.prometheus.namespace names",
      },
    ];
  const verdicts = all.map((one) => ({ one, lacks: lacksOf(one, ours) }));
  const reads = verdicts.find(({ lacks }) => lacks.length === 0);
  if (reads !== undefined)
    return [{ subject: "Prometheus", state: "right", text: `${nameOf(reads.one)} would read the stack and its rules` }];
  return verdicts.map(({ one, lacks }): Finding => {
    const text = `${nameOf(one)} would not read the stack: ${lacks.map(({ what }) => what).join("; ")}`;
    return { subject: "Prometheus", state: "wrong", text, remedy: [...new Set(lacks.map(({ remedy }) => remedy))].join("; ") };
  });
}

interface Lack {
  readonly what: string;
  readonly remedy: string;
}

function lacksOf(one: PrometheusView, { namespace, namespaceLabels, labels, from }: Ours): Lack[] {
  const { spec, metadata } = one;
  const kinds = [
    { kind: "PodMonitor", field: "podMonitorSelector", of: spec.podMonitorSelector, within: spec.podMonitorNamespaceSelector },
    { kind: "PrometheusRule", field: "ruleSelector", of: spec.ruleSelector, within: spec.ruleNamespaceSelector },
  ];
  const lacks = kinds.flatMap(({ kind, field, of, within }) => [
    ...labelLacks(kind, field, of, labels),
    ...namespaceLacks(kind, within, metadata.namespace, { namespace, namespaceLabels }),
  ]);
  if (metadata.namespace === from) return lacks;
  const remedy = `set mlstack:platform.prometheus.namespace to ${metadata.namespace}`;
  return [...lacks, { what: `it runs in namespace ${metadata.namespace}, and ${from} is let in`, remedy }];
}

function labelLacks(kind: string, field: string, selector: Selector | null | undefined, labels: Labels): Lack[] {
  if (selector === undefined || selector === null)
    return [{ what: `it has no ${field}, which selects no ${kind}`, remedy: `give it a ${field}; {} selects all` }];
  return unmet(selector, labels).map((wanted) => ({
    what: `it selects a ${kind} by ${wanted}`,
    remedy: `set mlstack:platform.prometheus.labels so that ${wanted}`,
  }));
}

/** Without a selector of namespaces it reads its own. */
function namespaceLacks(
  kind: string,
  selector: Selector | null | undefined,
  own: string,
  { namespace, namespaceLabels }: Pick<Ours, "namespace" | "namespaceLabels">,
): Lack[] {
  if (selector === undefined || selector === null) {
    if (own === namespace) return [];
    return [
      { what: `it reads each ${kind} of its own namespace ${own} alone`, remedy: "give it a selector of namespaces; {} selects all" },
    ];
  }
  return unmet(selector, namespaceLabels).map((wanted) => ({
    what: `it reads each ${kind} of namespaces by ${wanted}`,
    remedy: `label namespace ${namespace} so that ${wanted}`,
  }));
}

/** The conditions of a selector that labels do not meet, as one writes them. */
export function unmet({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): string[] {
  const pairs = Object.entries(matchLabels).flatMap(([key, value]) => (labels[key] === value ? [] : [`${key} is ${value}`]));
  return [...pairs, ...matchExpressions.flatMap((one) => (meets(one, labels) ? [] : [wordsOf(one)]))];
}

function meets({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    default:
      return value === undefined;
  }
}

function wordsOf({ key, operator, values = [] }: Expression): string {
  const list = values.join(" or ");
  const words: Readonly<Record<string, string>> = { In: `is ${list}`, NotIn: `is not ${list}`, Exists: "is there" };
  return `${key} ${words[operator] ?? "is not there"}`;
}

function nameOf({ metadata }: PrometheusView): string {
  return `${metadata.namespace}/${metadata.name}`;
}
