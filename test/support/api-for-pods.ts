import { connect, createServer, type Server, type Socket } from "node:net";
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
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const api = connect(Number(port), hostname);
    for (const [one, other] of [
      [client, api],
      [api, client],
    ] as const) {
      open.add(one);
      one.once("close", () => open.delete(one));
      one.pipe(other).on("error", () => one.destroy());
    }
  });
  const isOpened = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error)));
    server.listen(to, address, () => resolve(true));
  });
  return async () => {
    // Of a pod that is gone nothing closes what it held.
    for (const socket of open) socket.destroy();
    if (isOpened) await closed(server);
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
