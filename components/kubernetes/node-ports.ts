import { type Mistake, oneLine } from "../workload/adapter/index.ts";
import { ApiError, type Cluster } from "./cluster.ts";

/** Ports that nodes open unless the cluster is set up otherwise. */
const USUAL = { first: 30_000, last: 32_767 };

/** Whether the nodes of a usual cluster can open a port. */
export function isNodePort(port: number): boolean {
  return port >= USUAL.first && port <= USUAL.last;
}

/**
 * Why the nodes cannot open a port for a published service, by the API server itself, which alone knows its range and what
 * is taken: it is asked to make such a Service, and makes none (`dryRun`).
 *
 * @param namespace one that exists · @param own path of the Service that may have the port already
 */
export async function nodePortRefusal(
  cluster: Cluster,
  { workload, port, namespace, own }: { workload: string; port: number; namespace: string; own: string },
): Promise<Mistake | undefined> {
  const spec = { type: "NodePort", ports: [{ port, nodePort: port }] };
  try {
    const wanted = { metadata: { generateName: "mlstack-port-" }, spec };
    await cluster.send("POST", `/api/v1/namespaces/${namespace}/services`, wanted, { dryRun: "All" });
    return undefined;
  } catch (error) {
    const said = error instanceof ApiError ? error.message : "";
    const range = /range of valid ports is ([\d-]+)/.exec(said)?.[1];
    if (range !== undefined) return outOfRange(workload, port, range);
    if (/already allocated/.test(said)) return (await has(cluster, own, port)) ? undefined : taken(workload, port, said);
    // Who may not ask, or cannot, still knows what is usual.
    return isNodePort(port) ? undefined : outOfRange(workload, port, `${USUAL.first}-${USUAL.last}`);
  }
}

async function has(cluster: Cluster, service: string, port: number): Promise<boolean> {
  const found = await cluster.find<{ spec?: { ports?: { nodePort?: number }[] } }>(service);
  return found?.spec?.ports?.some(({ nodePort }) => nodePort === port) === true;
}

function outOfRange(workload: string, port: number, range: string): Mistake {
  return {
    path: path(workload),
    message: `must be a port that the cluster's nodes can open (${range}), got ${port}; choose one of them, let the cluster choose (anyPort: true), or publish by a load balancer (platform.expose)`,
  };
}

function taken(workload: string, port: number, said: string): Mistake {
  const why = oneLine(said.replace(/^.*nodePort: /, ""));
  return {
    path: path(workload),
    message: `another Service of the cluster has port ${port} (${why}); choose another, or let the cluster choose (anyPort: true)`,
  };
}

function path(workload: string): string {
  return `service "${workload}": publish.port`;
}
