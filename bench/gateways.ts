import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";

import { step } from "../tools/lib/step.ts";
import { type Measured, send } from "./load.ts";
import { nginxFiles } from "./nginx.ts";
import { type Environment, NAME, ROUNDS } from "./project.ts";
import { rounds } from "./rounds.ts";
import { NGINX, OWN } from "./serving-peers.ts";
import { type System, systems } from "./systems.ts";
import type { Row } from "./table.ts";

const LOAD = { clients: 50, contentType: "application/json", headers: {} } as const;
const [REQUESTS, WARM] = [4000, 500] as const;
const PEER_PORT = 18_493;

/**
 * Requests of the fraud detection and of model serving through mlstack's gateway, and in turns through nginx with the same
 * limits in front of the very same replicas. @param hey the load generator
 */
export async function gatewaysBench(home: string, env: Environment, hey: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const system of await systems(home, env)) {
    try {
      await step(system.name, async () => ({ summary: "it answers", value: await system.up() }));
      const nginx = await nginxBeside(home, system);
      rows.push(...(await inTurns(home, hey, system)));
      await nginx.remove({ force: true });
    } finally {
      await system.down();
    }
  }
  return rows;
}

async function inTurns(home: string, hey: string, { name, port, path, question }: System): Promise<Row[]> {
  const body = join(home, `${name.replaceAll(" ", "-")}.json`);
  writeFileSync(body, question);
  const results: Record<"own" | "peer", Measured[]> = { own: [], peer: [] };
  await rounds(name, ROUNDS, async () => {
    // There and back: a machine that becomes faster or slower meanwhile does so for both.
    for (const side of ["own", "peer", "peer", "own"] as const) {
      const at = side === "own" ? port : PEER_PORT;
      const load = { ...LOAD, body, url: `http://127.0.0.1:${at}${path}` };
      await send(hey, { ...load, requests: WARM });
      results[side].push(await send(hey, { ...load, requests: REQUESTS }));
    }
    return `mlstack ${results.own.at(-1)?.perSecond.toFixed(0)}, nginx ${results.peer.at(-1)?.perSecond.toFixed(0)} requests/s`;
  });
  const row = (what: string, of: (one: Measured) => number) => {
    const peer = { name: "nginx", values: results.peer.map(of) };
    return { what: `${name}, ${path}: ${what}`, own: results.own.map(of), peer };
  };
  return [
    { ...row(`requests/s of ${LOAD.clients} clients`, (one) => one.perSecond), goal: { ratio: { least: 1 } } },
    row("median, ms", (one) => one.median),
    { ...row("99th percentile, ms", (one) => one.most), goal: { ratio: { most: 1 } } },
  ];
}

/** nginx in the network of a system, with the limits of the gateway beside which it runs. */
async function nginxBeside(home: string, { prefix, gateway, replicas }: System): Promise<Docker.Container> {
  const docker = new Docker();
  const { HostConfig } = await docker.getContainer(`${prefix}-${gateway}`).inspect();
  const { Memory, CpuQuota, CpuPeriod, CpuShares, Tmpfs } = HostConfig;
  const limits = Object.fromEntries(Object.entries({ Memory, CpuQuota, CpuPeriod, CpuShares, Tmpfs }).filter(([, value]) => value));
  const container = await docker.createContainer({
    Image: NGINX,
    name: `${NAME}-nginx`,
    Labels: { ...OWN },
    HostConfig: {
      ...limits,
      NetworkMode: `${prefix}-network`,
      ReadonlyRootfs: true,
      Binds: [nginxFiles(join(home, `${prefix}-nginx`), { replicas })],
      PortBindings: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: String(PEER_PORT) }] },
    },
    ExposedPorts: { "8080/tcp": {} },
  });
  await container.start();
  return container;
}
