import { ApiError, type Cluster } from "./cluster.ts";
import type { Existing } from "./existing.ts";
import { KINDS, listPath } from "./kinds.ts";

/** What is asked of the cluster. */
export type Asked = Pick<Cluster, "get" | "find">;

/** Kinds that no stack declares itself, and that could stand for its workloads. */
const OTHERS = {
  Pod: { group: "api/v1", plural: "pods" },
  ReplicaSet: { group: "apis/apps/v1", plural: "replicasets" },
  DaemonSet: { group: "apis/apps/v1", plural: "daemonsets" },
} as const;

/** Everything of a namespace that could be a stack's. */
export interface NamespaceView {
  /** The namespace itself; undefined where it does not exist. */
  readonly namespace: Existing | undefined;
  /** Objects by kind, each with its real name. */
  readonly objects: ReadonlyMap<string, readonly Existing[]>;
  /** Kinds that this user may not list. */
  readonly unread: readonly string[];
}

/** Reads everything of a namespace that could be a stack's; contents of Secrets and ConfigMaps are not asked for. */
export async function lookInto(cluster: Asked, namespace: string): Promise<NamespaceView> {
  const unread: string[] = [];
  const lists = Object.entries({ ...KINDS, ...OTHERS }).map(async ([kind, where]) => {
    const list = await listed(cluster, listPath(where, namespace), "whole" in where || kind === "Pod");
    if (list === undefined) unread.push(kind);
    return [kind, list ?? []] as const;
  });
  const [own, objects] = await Promise.all([cluster.find<Existing>(`/api/v1/namespaces/${namespace}`), Promise.all(lists)]);
  return { namespace: own, objects: new Map(objects), unread };
}

/** Asks the API server for metadata alone. */
const METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

async function listed(cluster: Asked, path: string, isWhole: boolean): Promise<readonly Existing[] | undefined> {
  try {
    return (await cluster.get<{ items: readonly Existing[] }>(path, {}, isWhole ? {} : { accept: METADATA })).items;
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

/** The option by which `kubectl` means a namespace. */
export function inNamespace(namespace: string | undefined): string {
  return namespace === undefined ? "" : ` --namespace ${namespace}`;
}
