import { createServer } from "node:net";

import type { Mistake } from "../workload/adapter/index.ts";
import { isRemote } from "./engine-host.ts";
import type { EngineView } from "./engine-view.ts";

/** Whether no process listens on a port of the engine's host. */
export type PortCheck = (address: string, port: number) => Promise<boolean>;

/** The ports of the host that one stack publishes on. */
export class PortLedger {
  private readonly claims: { readonly path: string; readonly published: string }[] = [];
  private readonly view: EngineView;
  private readonly isFree: PortCheck;

  /** @param isFree whether no process of the engine's host listens on a port */
  constructor(view: EngineView, isFree: PortCheck) {
    this.view = view;
    this.isFree = isFree;
  }

  /** Reserves `address:port` for `path`, or returns why it is taken: by another part of the stack, another stack or a process. */
  async claim(path: string, address: string, port: number): Promise<Mistake | undefined> {
    const other = this.claims.find(({ published }) => clashes(published, address, port));
    if (other !== undefined) return { path, message: `${address}:${port} is used by ${other.path} already; choose another port` };
    this.claims.push({ path, published: `${address}:${port}` });
    return portTaken(path, address, port, this.view, this.isFree);
  }
}

/**
 * Why `address:port` cannot be published, if it cannot: a container of another stack or a process of this host has it.
 * A port that this stack publishes already is free to be published again.
 */
export async function portTaken(
  path: string,
  address: string,
  port: number,
  view: EngineView,
  isFree: PortCheck,
): Promise<Mistake | undefined> {
  for (const [name, container] of view.containers) {
    if (!container.published.some((taken) => clashes(taken, address, port))) continue;
    return container.ours ? undefined : taken(path, address, port, `container "${name}"`);
  }
  return (await isFree(address, port)) ? undefined : taken(path, address, port, "another process of this machine");
}

function taken(path: string, address: string, port: number, owner: string): Mistake {
  return {
    path,
    message: `${address}:${port} is taken by ${owner}; stop it, or publish on another port (see \`ss -ltnp 'sport = :${port}'\`)`,
  };
}

/** Whether a port of the host, as `address:port`, stands in the way of another. */
export function clashes(published: string, address: string, port: number): boolean {
  const at = published.lastIndexOf(":");
  const host = published.slice(0, at);
  const any = (ip: string) => ip === "0.0.0.0" || ip === "::";
  return Number(published.slice(at + 1)) === port && (host === address || any(host) || any(address));
}

/** Asks this machine, where the engine runs on it. Ports of another machine cannot be looked at from here. */
export function isFreeHere(address: string, port: number): Promise<boolean> {
  if (isRemote()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
