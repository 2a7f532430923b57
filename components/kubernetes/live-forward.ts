import { type AddressInfo, createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { PortForward } from "@kubernetes/client-node/dist/portforward.js";

import type { Forward } from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";

/**
 * Opens a port of this machine, reachable from nowhere else, that leads to a port of a pod through the API server: past all
 * policies, with the rights of this user.
 *
 * @param podOf name of a pod that is ready now, asked for each connection · @param wanted port of this machine; another where it is taken
 */
export async function forwardTo(
  { config }: Pick<Cluster, "config">,
  namespace: string,
  podOf: () => Promise<string | undefined>,
  port: number,
  wanted: number,
): Promise<Forward> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    open.add(near);
    near.once("close", () => open.delete(near)).once("error", () => near.destroy());
    void connect(near);
  });
  const connect = async (near: Socket) => {
    const errors = new PassThrough();
    errors.once("data", () => near.destroy());
    try {
      const pod = await podOf();
      if (pod === undefined || near.destroyed) return void near.destroy();
      const socket = await new PortForward(config).portForward(namespace, pod, [port], near, errors, near);
      if (!("onclose" in socket)) return;
      socket.onclose = () => near.end();
      // Who has left meanwhile closes nothing any more: the way to the pod would stay open, and with it the command.
      if (near.destroyed) socket.close();
      else near.once("close", () => socket.close());
    } catch {
      near.destroy();
    }
  };
  await listen(server, wanted).catch(() => listen(server, 0));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
