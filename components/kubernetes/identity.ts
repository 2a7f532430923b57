import type { Cluster } from "./cluster.ts";

/** Which cluster it is, by the uid of its first namespace: an address may be another cluster's tomorrow. */
export async function clusterIdentity(cluster: Pick<Cluster, "find" | "server">): Promise<string> {
  const system = await cluster.find<{ readonly metadata?: { readonly uid?: string } }>("/api/v1/namespaces/kube-system");
  return `Kubernetes cluster ${system?.metadata?.uid ?? `at ${cluster.server}`}`;
}
