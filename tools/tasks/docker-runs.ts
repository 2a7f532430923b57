import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { Problem } from "../lib/problem.ts";
import { isStale } from "../setup/backend.ts";
import { COMMAND_LABEL } from "./copy.ts";
import type { DockerLaunch } from "./launch.ts";

const STACK_LABEL = "dev.mlstack.stack";
/** Milliseconds after which what a deployment renews is there again. */
const RENEWED = 5000;

/** The container that was declared. */
export async function declared(docker: Docker, { name, template }: DockerLaunch): Promise<ContainerInspectInfo> {
  try {
    return await docker.getContainer(template).inspect();
  } catch (error) {
    if (statusOf(error) === 404)
      throw new Problem(`Task "${name}" is not on this Docker engine (no container "${template}"); deploy the stack again.`);
    throw new Problem(`Docker: no engine answers (${messageOf(error)}); start it, or set DOCKER_HOST to the one that the stack runs on.`);
  }
}

/**
 * The runs of the template's stack that somebody waits for. One whose command was killed is removed: nobody would ever
 * end it, and what it mounts could not go.
 */
export async function runsOf(docker: Docker, { Config }: ContainerInspectInfo): Promise<ContainerInspectInfo[]> {
  const label = [`${STACK_LABEL}=${Config.Labels[STACK_LABEL]}`, COMMAND_LABEL];
  const found = await docker.listContainers({ all: true, filters: { label } });
  const runs: ContainerInspectInfo[] = [];
  for (const { Id, Names, Labels } of found) {
    const [host = "", pid = ""] = Labels[COMMAND_LABEL]?.split(":") ?? [];
    if (isStale({ hostname: host, pid: Number(pid) })) {
      await docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch(() => {});
      process.stderr.write(`removed run ${Names[0]?.slice(1)}, whose command was killed\n`);
    } else {
      // Ended meanwhile: no run any more.
      const run = await docker
        .getContainer(Id)
        .inspect()
        .catch(() => undefined);
      if (run !== undefined) runs.push(run);
    }
  }
  return runs;
}

/** @throws Problem when a run has a device that the template asks for. */
export function refuseTakenDevices(task: string, template: ContainerInspectInfo, runs: readonly ContainerInspectInfo[]): void {
  const wanted = devicesOf(template);
  for (const run of runs) {
    const taken = devicesOf(run).find((id) => wanted.includes(id));
    if (taken === undefined) continue;
    throw new Problem(`Task "${task}" needs device "${taken}", which ${run.Name.slice(1)} has; wait until that has ended, or stop it.`);
  }
}

function devicesOf({ HostConfig }: ContainerInspectInfo): string[] {
  const requests = (HostConfig.DeviceRequests ?? []) as readonly { readonly DeviceIDs?: readonly string[] | null }[];
  return requests.flatMap(({ DeviceIDs }) => DeviceIDs ?? []);
}

/**
 * Calls `removed` when a deployment takes away the template of a run, or a volume that the run mounts: the engine would
 * let go of neither network nor volumes while it lasts. A deployment that renews the template takes nothing away.
 */
export async function watched(docker: Docker, template: ContainerInspectInfo, removed: () => void): Promise<{ end(): void }> {
  const filters = JSON.stringify({ type: ["container"], event: ["destroy"], container: [template.Name.slice(1)] });
  const events = (await docker.getEvents({ filters })) as NodeJS.ReadableStream & { destroy(): void };
  let rest = "";
  events.setEncoding("utf8");
  events.on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    // The filter finds names that only begin so, as those of runs do.
    const gone = lines.filter((line) => line !== "").some((line) => nameIn(line) === template.Name.slice(1));
    if (gone) void renewed(docker, template).then((stays) => stays || removed());
  });
  // An engine that goes away ends the run, too, and says so itself.
  events.on("error", () => {});
  return { end: () => events.destroy() };
}

function nameIn(event: string): string | undefined {
  const { Actor }: { Actor?: { Attributes?: { name?: string } } } = JSON.parse(event);
  return Actor?.Attributes?.name;
}

/** Whether the template is made anew, with all that the old one mounted. */
async function renewed(docker: Docker, { Name, HostConfig }: ContainerInspectInfo): Promise<boolean> {
  const end = Date.now() + RENEWED;
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

export function statusOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : undefined;
}

/** What the engine said, in one line. */
export function messageOf(error: unknown): string {
  const said =
    typeof error === "object" && error !== null && "json" in error ? (error.json as { message?: string } | null)?.message : undefined;
  return (said ?? (error instanceof Error ? error.message : String(error))).replaceAll(/\s+/g, " ").trim();
}
