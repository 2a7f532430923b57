import type { AlertSettings } from "./alert-settings.ts";
import { deploymentOf } from "./content.ts";
import { pagesOf } from "./dashboards.ts";
import { grafanaDashboard } from "./grafana.ts";
import type { Observed } from "./observed.ts";
import { rulesOf } from "./rules.ts";

/** Where a cluster's own Prometheus finds the pods of a part. */
export interface Pods {
  readonly namespace: string;
  /** Labels that they have, and no other pods. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What a cluster's own Prometheus and Grafana are given of a stack. */
export interface Given {
  /** `<project>.<stack>`: a label of every series, since others' are stored there too. */
  readonly stack: string;
  /** What `-s` takes, for the commands that alerts name. */
  readonly stackName: string;
  readonly parts: readonly Observed[];
  readonly podsOf: (part: string) => Pods | undefined;
  readonly settings: AlertSettings;
  /** Labels by which the operator selects what it reads, such as `release: kube-prometheus-stack`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Namespace of the Prometheus that reads: it is let in. */
  readonly from: string;
}

/** A part with metrics of its own. */
type Measured = Extract<Observed, { kind: "server" | "gateway" | "step" | "ranks" }>;

const OPERATOR = "monitoring.coreos.com/v1";

/**
 * The objects by which a Prometheus of prometheus-operator reads a stack, raises its alerts, and Grafana shows it. What only an exporter
 * says has no place there: parts without metrics of their own, and the host, which a cluster's own monitoring looks at.
 *
 * Pods are read and not services: a gateway's metrics are on another port than its service, and ranks have none.
 */
export function operatorObjects(given: Given): object[] {
  const { parts, labels } = given;
  const measured = parts.filter((part): part is Measured => part.kind !== "redis" && part.kind !== "postgres" && part.kind !== "answers");
  // What a gateway's certificate is, only a probe knows.
  const known = measured.map((part) => (part.kind === "gateway" ? { ...part, tls: false } : part));
  const namespace = known.map(({ target }) => given.podsOf(target.name)?.namespace).find((one) => one !== undefined);
  if (namespace === undefined) return [];
  const prefix = `mlstack-${given.stack.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  const scope = { stack: given.stack };
  const rules = rulesOf({
    ...given,
    stack: given.stackName,
    parts: known,
    deployment: deploymentOf(parts),
    scope,
    host: false,
    own: false,
  });
  const pages = pagesOf({ parts: known, scope, host: false, own: false });
  return [
    ...known.flatMap((part) => readOf(given, part)),
    { apiVersion: OPERATOR, kind: "PrometheusRule", metadata: { name: prefix, namespace, labels }, spec: { groups: rules } },
    ...pages.map((page) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `${prefix}-${page.id}`, namespace, labels: { ...labels, grafana_dashboard: "1" } },
      data: { [`${prefix}-${page.id}.json`]: JSON.stringify(grafanaDashboard(page, given.stack, scope)) },
    })),
  ];
}

/** How one part is read, and the way in for who reads. */
function readOf({ stack, podsOf, labels, from }: Given, part: Measured): object[] {
  const { name } = part.target;
  const pods = podsOf(name);
  if (pods === undefined) return [];
  const { namespace, labels: matchLabels } = pods;
  const ports = portsOf(part);
  return [
    {
      apiVersion: OPERATOR,
      kind: "PodMonitor",
      metadata: { name, namespace, labels },
      spec: { selector: { matchLabels }, podMetricsEndpoints: ports.map((port) => endpointOf(part, stack, port)) },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: `${name}.from.prometheus`, namespace },
      spec: {
        podSelector: { matchLabels },
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": from } } }],
            ports: ports.map((port) => ({ protocol: "TCP", port })),
          },
        ],
      },
    },
  ];
}

/** Containers declare no port: the address is made of the pod's own, once for its main container. */
function endpointOf({ target, kind }: Measured, stack: string, port: number): object {
  return {
    path: "/metrics",
    ...(kind === "gateway" ? { params: { "no-maint": [""] } } : {}),
    interval: "15s",
    relabelings: [
      { action: "keep", sourceLabels: ["__meta_kubernetes_pod_container_name"], regex: target.name },
      { action: "replace", sourceLabels: ["__meta_kubernetes_pod_ip"], targetLabel: "__address__", replacement: `$1:${port}` },
      { action: "replace", targetLabel: "part", replacement: target.name },
      { action: "replace", targetLabel: "stack", replacement: stack },
    ],
  };
}

function portsOf(part: Measured): number[] {
  if (part.kind === "gateway") return [part.statusPort];
  if (part.kind !== "ranks") return [part.target.port];
  return Array.from({ length: part.processesPerNode }, (_, at) => part.metricsPort + at);
}
