import { type Mistake, oneLine } from "../workload/adapter/index.ts";
import { ApiError, type Cluster } from "./cluster.ts";

/** Whether a port is one of `range`, e.g. `30000-32767`. */
export function isNodePort(port: number, range: string): boolean {
  const [first = 0, last = 0] = range.split("-").map(Number);
  return port >= first && port <= last;
}

/** Why nodes cannot open a port, by their range. */
export function outOfRange(workload: string, port: number, range: string): Mistake | undefined {
  if (isNodePort(port, range)) return undefined;
  return {
    path: path(workload),
    message: `must be a port that the cluster's nodes can open (${range}), got ${port}; choose one of them, let the cluster choose (anyPort: true), or publish by a load balancer (platform.expose)`,
  };
}

/**
 * Why a port is taken. The API server is asked to make such a Service, and makes none (`dryRun`): it knows all Services, this
 * user perhaps not. It does not look at the range when it is asked like this.
 *
 * @param namespace one that exists · @param own path of the Service that may have the port already
 */
export async function nodePortTaken(
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
    // Who may not ask learns it when the Service is made.
    if (!/already allocated/.test(said) || (await has(cluster, own, port))) return undefined;
    const why = oneLine(said.replace(/^.*nodePort: /, ""));
    return {
      path: path(workload),
      message: `another Service of the cluster has port ${port} (${why}); choose another, or let the cluster choose (anyPort: true)`,
    };
  }
}

async function has(cluster: Cluster, service: string, port: number): Promise<boolean> {
  const found = await cluster.find<{ spec?: { ports?: { nodePort?: number }[] } }>(service);
  return found?.spec?.ports?.some(({ nodePort }) => nodePort === port) === true;
}

function path(workload: string): string {
  return `service "${workload}": publish.port`;
}
