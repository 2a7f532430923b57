import { RunError } from "@pulumi/pulumi/errors.js";
import type Docker from "dockerode";

import type { Duration, LiveWorkload } from "../workload/adapter/index.ts";
import type { EngineApi } from "./api.ts";
import type { Engine } from "./engine.ts";
import { EngineWaits } from "./waits.ts";

/** Milliseconds that a replica may take to be ready besides its startup grace. */
const BUDGET = 120_000;
/** Milliseconds between two looks at the engine's own check. */
const EVERY = 250;

type Asked = Pick<EngineApi, "find" | "request">;

/** Ends and starts the replicas of a service, each ready before the next: the others serve meanwhile. */
export async function restartService(
  api: Asked,
  engine: Engine,
  { name: service, replicas }: LiveWorkload,
  say: (line: string) => void,
): Promise<void> {
  const waits = new EngineWaits(engine);
  for (const { name, object } of replicas) {
    say(`${name}: ends and starts again`);
    // Without a time of its own, the engine waits for as long as the container's stop grace says.
    await again(api, name, object);
    const seen = await api.find<Docker.ContainerInspectInfo>(`/containers/${object}/json`);
    const grace = Math.round((seen?.Config.Healthcheck?.StartPeriod ?? 0) / 1e6);
    const budget: Duration = `${grace + BUDGET}ms`;
    await waits.replica({ service, name, container: object, budget, memorySetting: `resources.memory of "${service}"` });
    // What is in front of it asks as often as the engine: when that has seen it ready, so have they.
    await engineSees(api, object, Date.now() + BUDGET);
    say(`${name}: ready`);
  }
}

/** Ends and starts all members at once: a world with a rank missing computes nothing. */
export async function restartGang(api: Asked, _engine: Engine, { replicas }: LiveWorkload, say: (line: string) => void): Promise<void> {
  await Promise.all(replicas.map(({ name, object }) => again(api, name, object)));
  say(`${replicas.map(({ name }) => name).join(", ")}: started again`);
}

async function again(api: Asked, name: string, container: string): Promise<void> {
  const seen = await api.find(`/containers/${container}/json`);
  if (seen === undefined) throw new RunError(`${name} is gone: container "${container}" is not on this engine; npm start makes it again`);
  await api.request("POST", `/containers/${container}/restart`, { body: {} });
}

async function engineSees(api: Asked, container: string, until: number): Promise<void> {
  while (Date.now() < until) {
    const seen = await api.find<Docker.ContainerInspectInfo>(`/containers/${container}/json`);
    if (seen?.State.Health === undefined || seen.State.Health.Status === "healthy") return;
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}
