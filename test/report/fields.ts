/** Objects of the kinds that a stack consists of, none of which runs anything, and changes of their fields. */
export type Fields = Readonly<Record<string, unknown>>;

const NAMESPACE = "it-report-fields";
const labels = { app: "fields" };
const template = { metadata: { labels }, spec: { containers: [{ name: "one", image: "pause:1" }], restartPolicy: "Always" } };
const metadata = { name: "fields", namespace: NAMESPACE, annotations: { "pulumi.com/skipAwait": "true" } };

/** By kind. A claim waits for a class that no cluster has. */
export const OBJECTS: Readonly<Record<string, Fields>> = {
  ConfigMap: { metadata, data: { a: "1" } },
  Secret: { metadata, type: "Opaque", stringData: { a: "1" } },
  PersistentVolumeClaim: {
    metadata,
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: "none", resources: { requests: { storage: "1Gi" } } },
  },
  Service: { metadata, spec: { type: "ClusterIP", selector: labels, ports: [{ port: 80, targetPort: 80 }] } },
  Deployment: { metadata, spec: { replicas: 0, selector: { matchLabels: labels }, template } },
  StatefulSet: {
    metadata,
    spec: {
      replicas: 0,
      serviceName: "fields",
      revisionHistoryLimit: 3,
      podManagementPolicy: "Parallel",
      selector: { matchLabels: labels },
      template,
    },
  },
  Job: {
    metadata,
    spec: {
      suspend: true,
      completions: 2,
      parallelism: 2,
      backoffLimit: 1,
      template: { spec: { ...template.spec, restartPolicy: "Never" } },
    },
  },
  NetworkPolicy: { metadata, spec: { podSelector: { matchLabels: labels }, policyTypes: ["Ingress"] } },
  PodDisruptionBudget: { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
};

/** Fields that are changed one at a time, by kind: the path, and its other value. */
export const CHANGES: Readonly<Record<string, readonly (readonly [path: string, value: unknown])[]>> = {
  ConfigMap: [
    ["data.a", "2"],
    ["binaryData", { b: "YQ==" }],
    ["metadata.labels", { team: "fraud" }],
    ["metadata.name", "others"],
  ],
  Secret: [
    ["stringData.a", "2"],
    ["metadata.labels", { team: "fraud" }],
    ["type", "example.com/key"],
    ["metadata.name", "others"],
  ],
  PersistentVolumeClaim: [
    ["spec.resources.requests.storage", "2Gi"],
    ["metadata.labels", { team: "fraud" }],
    ["metadata.name", "others"],
  ],
  Service: [
    ["spec.type", "NodePort"],
    ["spec.ports", [{ port: 81, targetPort: 81 }]],
    ["spec.selector", { app: "others" }],
    ["spec.publishNotReadyAddresses", true],
    ["spec.clusterIP", "None"],
  ],
  Deployment: [
    ["spec.replicas", 1],
    ["spec.template.spec.containers", [{ name: "one", image: "pause:2" }]],
    ["spec.strategy", { type: "Recreate" }],
    ["spec.progressDeadlineSeconds", 90],
    ["spec.selector", { matchLabels: { app: "others" } }],
  ],
  StatefulSet: [
    ["spec.replicas", 1],
    ["spec.template.spec.containers", [{ name: "one", image: "pause:2" }]],
    ["spec.revisionHistoryLimit", 4],
    ["spec.podManagementPolicy", "OrderedReady"],
    ["spec.serviceName", "others"],
  ],
  Job: [
    ["spec.backoffLimit", 2],
    ["spec.template.spec.containers", [{ name: "one", image: "pause:2" }]],
    ["spec.completions", 3],
    ["spec.parallelism", 1],
    ["spec.activeDeadlineSeconds", 90],
  ],
  NetworkPolicy: [
    ["spec.policyTypes", ["Ingress", "Egress"]],
    ["spec.podSelector", { matchLabels: { app: "others" } }],
  ],
  PodDisruptionBudget: [
    ["spec.maxUnavailable", 2],
    ["spec.selector", { matchLabels: { app: "others" } }],
  ],
};

/** The objects with the change of each kind that has this number; those that have none stay as they are. */
export function objectsAfter(round: number | undefined): Record<string, Fields> {
  const entries = Object.entries(OBJECTS).map(([kind, object]): [string, Fields] => {
    const change = round === undefined ? undefined : CHANGES[kind]?.[round];
    return [kind, change === undefined ? object : changed(object, change[0].split("."), change[1])];
  });
  return Object.fromEntries(entries);
}

function changed(object: Fields, [key = "", ...rest]: readonly string[], value: unknown): Fields {
  return { ...object, [key]: rest.length === 0 ? value : changed(Object(object[key]), rest, value) };
}
