import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import Docker from "dockerode";

import { Problem } from "../lib/problem.ts";
import { containerOf } from "./copy.ts";
import { declared, messageOf, refuseTakenDevices, runsOf, watched } from "./docker-runs.ts";
import type { Wish } from "./ending.ts";
import type { DockerLaunch } from "./launch.ts";
import { typedInto } from "./terminal.ts";

/** Most seconds to stop in when the task is removed: a destroy waits half a minute for what is in use. */
const HURRIED = 15;

/** Starts a copy of the container that was declared and stays until it is gone; returns its exit code. */
export async function runOnDocker(launch: DockerLaunch, wish: Wish): Promise<number> {
  const { interactive, ending } = wish;
  const docker = new Docker();
  const template = await declared(docker, launch);
  refuseTakenDevices(launch.name, template, await runsOf(docker, template));
  const run = await docker.createContainer(containerOf(template, launch, wish)).catch((error) => cannotStart(launch, error));
  const last: (() => void)[] = [];
  try {
    const output = await run.attach({ stream: true, stdout: true, stderr: true, stdin: interactive, hijack: interactive });
    const printed = finished(output, { writable: false }).catch(() => {});
    const exit = await exitOf(docker, run.id);
    let grace = launch.stopGrace;
    const watch = await watched(docker, template, () => {
      grace = Math.min(grace, HURRIED);
      ending.now({ code: 1, why: "was ended: a deployment has removed it, or something that it mounts" });
    });
    last.push(watch.end);
    if (interactive) output.pipe(process.stdout);
    else docker.modem.demuxStream(output, process.stdout, process.stderr);

    if (ending.early !== undefined) return ending.early.code;
    await run.start().catch((error) => cannotStart(launch, error));
    if (interactive) last.push(typedInto(output), followSize(run));
    ending.after(launch.deadline);
    ending.whenever(() => void run.stop({ t: grace }).catch(() => {}));
    const code = await exit();
    await printed;
    return code;
  } finally {
    for (const end of last) end();
    // It removes itself when it ends; this is for one that never started.
    await run.remove({ force: true, v: true }).catch(() => {});
  }
}

/** Resolves once the engine watches for the end of the container, with what waits for it: nothing is missed in between. */
async function exitOf(docker: Docker, id: string): Promise<() => Promise<number>> {
  // The client takes a query as options, and only behind a path that ends in a question mark.
  const query = { path: `/containers/${id}/wait?`, options: { condition: "removed" } };
  const call = { ...query, method: "POST", isStream: true, statusCodes: { 200: true } };
  const answer = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
    docker.modem.dial(call, (error: unknown, data: unknown) => (error ? reject(error) : resolve(data as NodeJS.ReadableStream))),
  );
  const said = text(answer as NodeJS.ReadableStream & AsyncIterable<Buffer>);
  // Where nobody asks any more, because it could not be started.
  said.catch(() => {});
  return async () => {
    const [, code] = /"StatusCode":\s*(\d+)/.exec(await said.catch(() => "")) ?? [];
    if (code === undefined) throw new Problem("The Docker engine went away, and with it how the task ended; start it again.");
    return Number(code);
  };
}

/** The program's terminal is as large as this one, from now until the returned function is called. */
function followSize(run: Docker.Container): () => void {
  const resize = () => void run.resize({ h: process.stdout.rows, w: process.stdout.columns }).catch(() => {});
  resize();
  process.stdout.on("resize", resize);
  return () => process.stdout.off("resize", resize);
}

function cannotStart({ name }: DockerLaunch, error: unknown): never {
  throw new Problem(`Task "${name}" cannot be started: ${messageOf(error)}`);
}
