import { statSync } from "node:fs";
import type Docker from "dockerode";

import type { Looked } from "../report/truth.ts";
import type { Copy, Runs, World } from "../report/world.ts";
import { freePort, TestStack } from "./stack.ts";

const STACK = "dev.mlstack.stack";
const WORKLOAD = "dev.mlstack.workload";
/** What only carries files into a container. */
const CARRIER = /-config(-[0-9a-f]{8})?$/;
const SERVICES = /^(redis|api|gateway|mlflow|fraud|fraud-gateway)$/;

/** A stack of the project's own program on this machine's engine, and what runs of it. */
export async function lookedAtOnDocker(name: string): Promise<Looked> {
  const stack = await TestStack.create(name);
  const ports = [stack.port, await freePort(), await freePort()];
  const url = (index: number) => `http://127.0.0.1:${ports[index]}`;
  const label = `${STACK}=mlstack/${name}`;
  const first = async (workload: string) => Object.keys(await stack.ids()).find((id) => new RegExp(`^${workload}-0$`).test(id)) ?? workload;
  return {
    kind: "docker",
    stack,
    own: {
      "platform.prefix": stack.prefix,
      "features.publish.port": ports[0],
      "tracking.publish.port": ports[1],
      "serving.fraud.publish.port": ports[2],
    },
    asked: [
      { name: "gateway", url: `${url(0)}/features/3`, needs: ["api"] },
      { name: "mlflow", url: `${url(1)}/health`, needs: [] },
      { name: "fraud-gateway", url: `${url(2)}/ready`, needs: ["fraud"] },
    ],
    world: () => worldOf(stack, label),
    watch: () => watched(stack.docker, label),
    exec: async (workload, command) => stack.exec(await first(workload), [...command]),
    log: async (workload) => stack.logs(await first(workload)),
    remove: () => stack.remove(),
  };
}

async function worldOf({ docker, prefix }: TestStack, label: string): Promise<World> {
  const found = await docker.listContainers({ all: true, filters: { label: [label] } });
  const runs: Record<string, Runs> = {};
  for (const { Id, Labels } of found) {
    const name = Labels[WORKLOAD] ?? "";
    if (CARRIER.test(name)) continue;
    const detail = await docker.getContainer(Id).inspect();
    const noun = SERVICES.test(name) ? "service" : name === "trainer" ? "gang" : "job";
    const before = runs[name];
    runs[name] = {
      noun,
      copies: [...(before?.copies ?? []), copyOf(detail)],
      openings: { ...before?.openings, ...openingsOf(detail) },
    };
  }
  const { Volumes } = await docker.listVolumes();
  const own = Volumes.filter(({ Name }) => Name.startsWith(`${prefix}-`)).map((one) => ({
    ...one,
    name: one.Name.slice(prefix.length + 1),
  }));
  // What the engine shows as the time of a volume's creation is that of the last change in its folder.
  const made = (folder: string) => [statSync(folder).ino, statSync(folder).birthtimeMs].join(" ");
  const data = own.filter(({ name }) => !CARRIER.test(name)).map(({ name, Mountpoint }) => [name, made(Mountpoint)] as const);
  return { runs, volumes: Object.fromEntries(data) };
}

function copyOf({ Id, State, HostConfig, Mounts }: Docker.ContainerInspectInfo): Copy {
  return {
    id: `${Id} ${State.StartedAt}`,
    cpu: HostConfig.CpuQuota ?? 0,
    memory: HostConfig.Memory ?? 0,
    rights: Mounts.flatMap(({ Type, Source, RW }) => (Type === "bind" ? [`${RW ? "writes" : "reads"} ${Source}`] : [])),
  };
}

function openingsOf({ HostConfig }: Docker.ContainerInspectInfo): Record<string, number> {
  const all: Readonly<Record<string, { HostIp: string; HostPort: string }[]>> = HostConfig.PortBindings ?? {};
  const bindings = Object.values(all).flat();
  return Object.fromEntries(bindings.map(({ HostIp, HostPort }) => [`${HostIp}:${HostPort}`, HostIp.startsWith("127.") ? 0 : 1]));
}

/** By the engine's own events, which miss nothing. */
async function watched(docker: Docker, label: string): Promise<() => Promise<ReadonlySet<string>>> {
  const events: NodeJS.ReadableStream = await docker.getEvents({ filters: { label: [label], event: ["start", "die"] } });
  const running = new Map<string, Set<string>>();
  const away = new Set<string>();
  for (const { Id, Labels, State } of await docker.listContainers({ filters: { label: [label] } }))
    if (State === "running") running.set(Labels[WORKLOAD] ?? "", (running.get(Labels[WORKLOAD] ?? "") ?? new Set()).add(Id));
  let rest = "";
  events.on("data", (part: Buffer) => {
    const lines = `${rest}${part}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { Action, Actor } = JSON.parse(line);
      const name = String(Actor.Attributes[WORKLOAD]);
      const ids = running.get(name) ?? new Set<string>();
      running.set(name, ids);
      if (Action === "start") ids.add(Actor.ID);
      else if (ids.delete(Actor.ID) && ids.size === 0) away.add(name);
    }
  });
  return async () => {
    Reflect.apply(Reflect.get(events, "destroy"), events, []);
    return away;
  };
}
