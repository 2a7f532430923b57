import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { RunError } from "@pulumi/pulumi/errors.js";
import Docker from "dockerode";

import type { DockerLaunch, TaskRequest, Terminal } from "../workload/task-run.ts";
import { messageOf } from "./api.ts";
import { clientOptions } from "./client-options.ts";
import { runContainerOf } from "./task-run-container.ts";
import { activeRuns, readable, refuseTakenDevices, templateOf, watchForRemoval } from "./task-run-engine.ts";

/** Most seconds to stop in when the task is removed: a destroy waits half a minute for what is in use. */
const HURRIED = 15;

/**
 * Starts a copy of the container that was declared and waits until it is removed; resolves to its exit code.
 *
 * @throws RunError when the engine does not answer, the task is not there, or its run cannot be started.
 */
export async function runTask(launch: DockerLaunch, request: TaskRequest): Promise<number> {
  const { terminal, interruption, output: out, errors } = request;
  const docker = new Docker(clientOptions());
  const template = await templateOf(docker, launch);
  refuseTakenDevices(launch.name, template, await activeRuns(docker, template, request));
  const run = await docker.createContainer(runContainerOf(template, launch, request)).catch((error) => cannotStart(launch, error));
  const cleanups: (() => void)[] = [];
  try {
    const interactive = terminal !== undefined;
    const output = await run.attach({ stream: true, stdout: true, stderr: true, stdin: interactive, hijack: interactive });
    const printed = finished(output, { writable: false }).catch(() => {});
    const exit = await waitForRemoval(docker, run.id);
    let grace = launch.stopGrace;
    const watch = await watchForRemoval(docker, template, () => {
      grace = Math.min(grace, HURRIED);
      interruption.interrupt({ code: 1, why: "was ended: a deployment has removed it, or something that it mounts" });
    });
    cleanups.push(watch.end);
    if (terminal === undefined) docker.modem.demuxStream(output, out, errors);
    else output.pipe(terminal.screen);

    if (interruption.cause !== undefined) return interruption.cause.code;
    await run.start().catch((error) => cannotStart(launch, error));
    if (terminal !== undefined) cleanups.push(terminal.typeInto(output), followSize(terminal, run));
    interruption.interruptAfter(launch.deadline);
    interruption.onInterrupt(() => void run.stop({ t: grace }).catch(() => {}));
    const code = await exit();
    await printed;
    return code;
  } finally {
    for (const cleanUp of cleanups) cleanUp();
    // A run that has ended removes itself; this is for one that was never started.
    await run.remove({ force: true, v: true }).catch(() => {});
  }
}

/** Resolves once the engine watches for the end of the container, to the function that waits for it: no end is missed in between. */
async function waitForRemoval(docker: Docker, id: string): Promise<() => Promise<number>> {
  // The client takes a query as options, and only behind a path that ends in a question mark.
  const query = { path: `/containers/${id}/wait?`, options: { condition: "removed" } };
  const call = { ...query, method: "POST", isStream: true, statusCodes: { 200: true } };
  const answer = await new Promise<unknown>((resolve, reject) =>
    docker.modem.dial(call, (error: unknown, data: unknown) => (error ? reject(error) : resolve(data))),
  );
  const body = text(readable(answer));
  // A run that could not be started is not waited for.
  body.catch(() => {});
  return async () => {
    const [, code] = /"StatusCode":\s*(\d+)/.exec(await body.catch(() => "")) ?? [];
    if (code === undefined) throw new RunError("The Docker engine went away, and with it how the task ended; start it again.");
    return Number(code);
  };
}

/** Gives the run's terminal the size of the user's, until the returned function is called. */
function followSize({ screen }: Terminal, run: Docker.Container): () => void {
  const resize = () => void run.resize({ h: screen.rows, w: screen.columns }).catch(() => {});
  resize();
  screen.on("resize", resize);
  return () => screen.off("resize", resize);
}

function cannotStart({ name }: DockerLaunch, error: unknown): never {
  throw new RunError(`Task "${name}" cannot be started: ${messageOf(error)}`);
}
