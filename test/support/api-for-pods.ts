import { connect, createServer, type Server } from "node:net";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";

/**
 * Lets pods reach the API server where the tests' cluster has it on this machine's loopback only: at the address that the cluster's
 * own Service `kubernetes` leads to. Where it listens there itself, nothing is opened.
 */
export async function openApiForPods(kubeconfig: string): Promise<() => Promise<void>> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const { hostname, port } = new URL(config.getCurrentCluster()?.server ?? "");
  const { subsets = [] } = await config.makeApiClient(CoreV1Api).readNamespacedEndpoints({ name: "kubernetes", namespace: "default" });
  const [address, to] = [subsets[0]?.addresses?.[0]?.ip, subsets[0]?.ports?.[0]?.port];
  const server = createServer((client) => {
    const api = connect(Number(port), hostname);
    for (const [one, other] of [
      [client, api],
      [api, client],
    ] as const)
      one.pipe(other).on("error", () => one.destroy());
  });
  const isOpened = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error)));
    server.listen(to, address, () => resolve(true));
  });
  return () => (isOpened ? closed(server) : Promise.resolve());
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
