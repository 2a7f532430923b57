import { createServer } from "node:net";

import type { Mistake } from "../workload/index.ts";
import type { EngineView } from "./engine.ts";
import { STACK_LABEL } from "./labels.ts";

/**
 * Why `address:port` cannot be published, if it cannot: a container of another stack or a process of this host has it.
 * A port that this stack publishes already is free to be published again.
 */
export async function portTaken(
  path: string,
  address: string,
  port: number,
  view: EngineView,
  stack: string,
): Promise<Mistake | undefined> {
  for (const [name, container] of view.containers) {
    if (!container.published.some((taken) => clashes(taken, address, port))) continue;
    return container.labels[STACK_LABEL] === stack ? undefined : taken(path, address, port, `container "${name}"`);
  }
  return (await canListen(address, port)) ? undefined : taken(path, address, port, "another process of this machine");
}

function taken(path: string, address: string, port: number, owner: string): Mistake {
  return {
    path,
    message: `${address}:${port} is taken by ${owner}; stop it, or publish on another port (see \`ss -ltnp 'sport = :${port}'\`)`,
  };
}

function clashes(published: string, address: string, port: number): boolean {
  const at = published.lastIndexOf(":");
  const host = published.slice(0, at);
  const any = (ip: string) => ip === "0.0.0.0" || ip === "::";
  return Number(published.slice(at + 1)) === port && (host === address || any(host) || any(address));
}

/** An engine behind DOCKER_HOST=tcp|ssh publishes on another machine: nothing can be learnt here then. */
function canListen(address: string, port: number): Promise<boolean> {
  if (/^(tcp|ssh|https?):/.test(process.env["DOCKER_HOST"] ?? "")) return Promise.resolve(true);
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
