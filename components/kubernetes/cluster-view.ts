import { RunError } from "@pulumi/pulumi/errors.js";

import { ApiError, type Cluster } from "./cluster.ts";
import type { ClusterView, Existing } from "./existing.ts";

/** Nodes among which one with an address is looked for. */
const SOME_NODES = "50";

/** Oldest Kubernetes that knows every field we write (`preStop.sleep`, `podReplacementPolicy`). */
export const OLDEST_MINOR = 30;

/** The kinds of objects that a stack may consist of, by the path of their list below the namespace's. */
const KINDS = {
  Deployment: ["apis/apps/v1", "deployments"],
  StatefulSet: ["apis/apps/v1", "statefulsets"],
  Job: ["apis/batch/v1", "jobs"],
  CronJob: ["apis/batch/v1", "cronjobs"],
  PersistentVolumeClaim: ["api/v1", "persistentvolumeclaims"],
  Service: ["api/v1", "services"],
  ConfigMap: ["api/v1", "configmaps"],
  ServiceAccount: ["api/v1", "serviceaccounts"],
  NetworkPolicy: ["apis/networking.k8s.io/v1", "networkpolicies"],
  PodDisruptionBudget: ["apis/policy/v1", "poddisruptionbudgets"],
} as const;

/** A stack without tasks needs no right to these. */
const OPTIONAL = "CronJob";

/**
 * Reads what decides whether a change can succeed.
 *
 * @param needsNode whether the address of a node is needed
 * @throws RunError with the next command when the cluster does not answer, is too old or refuses the user.
 */
export async function readCluster(cluster: Cluster, namespace: string, needsNode: boolean): Promise<ClusterView> {
  try {
    const [version, system, own, objects, classes, nodes] = await Promise.all([
      cluster.get<{ minor: string }>("/version"),
      cluster.find<Existing>("/api/v1/namespaces/kube-system"),
      cluster.find<Existing>(`/api/v1/namespaces/${namespace}`),
      objectsIn(cluster, namespace),
      cluster.find<List<StorageClass>>("/apis/storage.k8s.io/v1/storageclasses"),
      needsNode ? cluster.find<List<Node>>("/api/v1/nodes", { limit: SOME_NODES }) : undefined,
    ]);
    const minor = Number.parseInt(version.minor, 10);
    if (minor < OLDEST_MINOR) throw new RunError(tooOld(cluster, minor));
    if (system === undefined) throw new RunError(unidentified(cluster));
    return {
      id: system.metadata.uid ?? cluster.server,
      minor,
      namespace: own,
      objects,
      storageClasses: classes === undefined ? undefined : new Map(classes.items.map((one) => [one.metadata.name, classView(one)])),
      nodeAddress: nodes?.items.map(addressOf).find((address) => address !== undefined),
    };
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RunError(unreadable(cluster, error));
  }
}

/** The namespace's objects by `Kind/name`. */
async function objectsIn(cluster: Cluster, namespace: string): Promise<ReadonlyMap<string, Existing>> {
  const lists = Object.entries(KINDS).map(async ([kind, [group, plural]]) => {
    const path = `/${group}/namespaces/${namespace}/${plural}`;
    const list = kind === OPTIONAL ? await cluster.find<List>(path) : await cluster.get<List>(path);
    return (list?.items ?? []).map((one) => [`${kind}/${one.metadata.name}`, one] as const);
  });
  return new Map((await Promise.all(lists)).flat());
}

interface List<T = Existing> {
  readonly items: readonly T[];
}

interface StorageClass extends Existing {
  readonly allowVolumeExpansion?: boolean;
}

interface Node {
  readonly status: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

function classView({ allowVolumeExpansion, metadata }: StorageClass) {
  const isDefault = metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
  return { grows: allowVolumeExpansion === true, isDefault };
}

function addressOf({ status }: Node): string | undefined {
  const of = (type: string) => status.addresses?.find((one) => one.type === type)?.address;
  return of("ExternalIP") ?? of("InternalIP");
}

/** Every user must get the same answer: for another cluster everything would be moved. */
function unidentified(cluster: Cluster): string {
  return [
    `Kubernetes: ${cluster.server} (context "${cluster.context}") does not let this user read namespace "kube-system", whose uid tells clusters apart.`,
    '  Ask for the right to "get" it.',
    "  Nothing was changed.",
  ].join("\n");
}

function tooOld(cluster: Cluster, minor: number): string {
  return `Kubernetes: ${cluster.server} runs 1.${minor}; 1.${OLDEST_MINOR} or newer is needed.\n  Nothing was changed.`;
}

function unreadable(cluster: Cluster, error: unknown): string {
  const reason = error instanceof Error ? error.message || String(Reflect.get(error, "code")) : String(error);
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
    return [
      `Kubernetes: ${cluster.server} (context "${cluster.context}") does not let this user read the namespace: ${reason}.`,
      `  Log in again, or ask for a role that may manage the namespace.`,
      "  Nothing was changed.",
    ].join("\n");
  }
  return [
    `Kubernetes: no cluster answers at ${cluster.server} (context "${cluster.context}"): ${reason}.`,
    "  Start it or log in, or name another context: platform.context, or `kubectl config use-context`.",
    "  Without a cluster, `npm run render -- -s <stack>` writes what would be applied.",
    "  Nothing was changed.",
  ].join("\n");
}
