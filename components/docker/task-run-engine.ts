import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { RunError } from "@pulumi/pulumi/errors.js";
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";

import type { DockerLaunch, TaskRequest } from "../workload/task-run.ts";
import { messageOf, statusOf } from "./api.ts";
import { COMMAND_LABEL, OWNER_LABEL, STACK_LABEL } from "./labels.ts";

/** Longest time, in milliseconds, that a deployment takes to recreate a container. */
const RECREATED = 5000;

/** The declared container, of which every run is a copy. */
export async function templateOf(docker: Docker, { name, template }: DockerLaunch): Promise<ContainerInspectInfo> {
  try {
    return await docker.getContainer(template).inspect();
  } catch (error) {
    if (statusOf(error) === 404)
      throw new RunError(`Task "${name}" is not on this Docker engine (no container "${template}"); deploy the stack again.`);
    throw new RunError(`Docker: no engine answers (${messageOf(error)}); start it, or set DOCKER_HOST to the one that the stack runs on.`);
  }
}

/**
 * The runs of the template's stack whose command waits for them. A run whose command was killed is removed: it would never
 * end, and what it mounts could not be removed.
 */
export async function activeRuns(
  docker: Docker,
  { Config }: ContainerInspectInfo,
  { owner, errors }: Pick<TaskRequest, "owner" | "errors">,
): Promise<ContainerInspectInfo[]> {
  // Stacks of other states may have the same name; a template of an earlier release has no owner yet.
  const whose = OWNER_LABEL in Config.Labels ? OWNER_LABEL : STACK_LABEL;
  const label = [`${whose}=${Config.Labels[whose]}`, COMMAND_LABEL];
  const found = await docker.listContainers({ all: true, filters: { label } });
  const runs: ContainerInspectInfo[] = [];
  for (const { Id, Names, Labels } of found) {
    const container = docker.getContainer(Id);
    if (owner.hasEnded(Labels[COMMAND_LABEL] ?? "")) {
      await container.remove({ force: true, v: true }).catch(() => {});
      errors.write(`removed run ${Names[0]?.slice(1)}, whose command was killed\n`);
    } else {
      // One that has ended meanwhile is no run any more.
      const run = await container.inspect().catch(() => undefined);
      if (run !== undefined) runs.push(run);
    }
  }
  return runs;
}

/** @throws RunError when a run has a device that the template asks for. */
export function refuseTakenDevices(task: string, template: ContainerInspectInfo, runs: readonly ContainerInspectInfo[]): void {
  const wanted = devicesOf(template);
  for (const run of runs) {
    const taken = devicesOf(run).find((id) => wanted.includes(id));
    if (taken === undefined) continue;
    throw new RunError(`Task "${task}" needs device "${taken}", which ${run.Name.slice(1)} has; wait until that has ended, or stop it.`);
  }
}

function devicesOf({ HostConfig }: ContainerInspectInfo): string[] {
  return (HostConfig.DeviceRequests ?? []).flatMap(({ DeviceIDs }) => DeviceIDs ?? []);
}

/**
 * Calls `removed` when a deployment removes the template of a run, or a volume that the run mounts: while the run lasts,
 * the engine could remove neither network nor volumes. A deployment that replaces the template removes nothing.
 */
export async function watchForRemoval(docker: Docker, template: ContainerInspectInfo, removed: () => void): Promise<{ end(): void }> {
  const filters = JSON.stringify({ type: ["container"], event: ["destroy"], container: [template.Name.slice(1)] });
  const events = readable(await docker.getEvents({ filters }));
  let rest = "";
  events.setEncoding("utf8");
  events.on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    // The filter also finds names that only begin so, as those of runs do.
    const gone = lines.filter((line) => line !== "").some((line) => nameIn(line) === template.Name.slice(1));
    if (gone) void isReplaced(docker, template).then((replaced) => replaced || removed());
  });
  // An engine that goes away ends the run as well, which shows there.
  events.on("error", () => {});
  return { end: () => events.destroy() };
}

function nameIn(event: string): string | undefined {
  const { Actor }: { Actor?: { Attributes?: { name?: string } } } = JSON.parse(event);
  return Actor?.Attributes?.name;
}

/** Whether the template is created again, with all volumes that the old one mounted. */
async function isReplaced(docker: Docker, { Name, HostConfig }: ContainerInspectInfo): Promise<boolean> {
  const end = Date.now() + RECREATED;
  while (Date.now() < end) {
    const found = await docker
      .getContainer(Name.slice(1))
      .inspect()
      .catch(() => undefined);
    if (found !== undefined) {
      const mounts = volumesOf(found.HostConfig);
      return volumesOf(HostConfig).every((volume) => mounts.includes(volume));
    }
    await pause(100);
  }
  return false;
}

function volumesOf({ Mounts = [] }: ContainerInspectInfo["HostConfig"]): string[] {
  return (Mounts ?? []).filter(({ Type }) => Type === "volume").map(({ Source }) => Source);
}

/** A streamed answer of the engine, whose client does not say that it is one. */
export function readable(answer: unknown): Readable {
  if (answer instanceof Readable) return answer;
  throw new TypeError("the engine's answer is not a stream");
}
