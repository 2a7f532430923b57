import { RunError } from "@pulumi/pulumi/errors.js";

import { ApiError, type Cluster } from "./cluster.ts";
import { type ClusterView, deployedIn, type Existing } from "./existing.ts";
import { KINDS, type Kind, listPath } from "./kinds.ts";
import { WORKLOAD_LABEL } from "./labels.ts";
import type { Pod } from "./pod-status.ts";
import { recordName } from "./record.ts";

/** Nodes among which one with an address is looked for. */
const SOME_NODES = "50";

/** Oldest Kubernetes that knows every field we write (`preStop.sleep`, `podReplacementPolicy`). */
export const OLDEST_MINOR = 30;

/** Pods of workloads that are no jobs and no gangs. */
const OF_SERVICES = `${WORKLOAD_LABEL},!batch.kubernetes.io/job-name`;
/** Asks the API server for metadata alone. */
const METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

/**
 * Reads what decides whether a change can succeed.
 *
 * @param needsNode whether the address of a node is needed · @param isPreview whether pods are, which a deployment looks at itself
 * @throws RunError with the next command when the cluster does not answer, is too old or refuses the user.
 */
export async function readCluster(cluster: Cluster, namespace: string, needsNode: boolean, isPreview = false): Promise<ClusterView> {
  try {
    const [version, system, own, objects, classes, pods, nodes] = await Promise.all([
      cluster.get<{ minor: string }>("/version"),
      cluster.find<Existing>("/api/v1/namespaces/kube-system"),
      cluster.find<Existing>(`/api/v1/namespaces/${namespace}`),
      objectsIn(cluster, namespace),
      cluster.find<List<StorageClass>>("/apis/storage.k8s.io/v1/storageclasses"),
      isPreview ? cluster.find<List<Pod>>(`/api/v1/namespaces/${namespace}/pods`, { labelSelector: OF_SERVICES }) : undefined,
      needsNode ? cluster.find<List<Node>>("/api/v1/nodes", { limit: SOME_NODES }) : undefined,
    ]);
    const minor = Number.parseInt(version.minor, 10);
    if (minor < OLDEST_MINOR) throw new RunError(tooOld(cluster, minor));
    if (system === undefined) throw new RunError(unidentified(cluster));
    return {
      id: system.metadata.uid ?? cluster.server,
      minor,
      namespace: own,
      ...objects,
      deployed: deployedIn(objects.objects.get(`ConfigMap/${recordName()}`)),
      storageClasses: classes === undefined ? undefined : new Map(classes.items.map((one) => [one.metadata.name, classView(one)])),
      pods: pods?.items ?? [],
      nodeAddress: nodes?.items.map(addressOf).find((address) => address !== undefined),
    };
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RunError(unreadable(cluster, error));
  }
}

/** The namespace's objects by `Kind/name`, and the kinds that may not be listed. */
async function objectsIn(cluster: Cluster, namespace: string): Promise<Pick<ClusterView, "objects" | "unread">> {
  const unread = new Set<string>();
  const lists = Object.entries<Kind>(KINDS).map(async ([kind, { whole, optional, byNoun, ...where }]) => {
    const path = listPath(where, namespace);
    const accept = whole === true ? {} : { accept: METADATA };
    const list = optional === true ? await cluster.find<List>(path, {}, accept) : await cluster.get<List>(path, {}, accept);
    if (list === undefined) unread.add(kind);
    const items = byNoun === true ? oldestFirst(list?.items ?? []) : (list?.items ?? []);
    return items.flatMap((one) => {
      const name = byNoun === true ? one.metadata.labels?.[WORKLOAD_LABEL] : one.metadata.name;
      return name === undefined ? [] : [[`${kind}/${name}`, one] as const];
    });
  });
  return { objects: new Map((await Promise.all(lists)).flat()), unread };
}

/** So that of two, of which one goes, the new one counts. */
function oldestFirst(items: readonly Existing[]): Existing[] {
  return [...items].sort((a, b) => ((a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1));
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
