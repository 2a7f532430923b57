import { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { RunError } from "@pulumi/pulumi/errors.js";

import type { KubernetesLaunch, TaskRequest, Terminal } from "../workload/task-run.ts";
import { messageOf } from "./cluster.ts";
import { TaskRuns } from "./task-run-cluster.ts";
import { runJobOf } from "./task-run-job.ts";
import { endedByJob, REMOVED, type RunState, runStateOf } from "./task-run-state.ts";

/** Milliseconds between two looks at a pod. */
const EVERY = 500;
/** Looks without a pod after which its events are read for the reason. */
const PATIENCE = 10;

/**
 * Creates a Job from the CronJob that was declared and waits until it is gone; resolves to the exit code of its program.
 *
 * @throws RunError when the cluster does not answer, the task is not there, or its run cannot be started.
 */
export async function runTask(launch: KubernetesLaunch, request: TaskRequest): Promise<number> {
  const runs = await TaskRuns.connect(launch);
  const job = await runs.create(runJobOf(await runs.template(launch), request)).catch((error: unknown) => {
    throw new RunError(`Task "${launch.name}" cannot be started: ${messageOf(error)}`);
  });
  const run = new Run(runs, launch, job.metadata?.name ?? "", request);
  request.interruption.onInterrupt(() => void runs.remove(run.name).catch(() => {}));
  try {
    return await run.follow();
  } finally {
    await runs.remove(run.name);
    while ((await runs.job(run.name)) !== undefined) await pause(EVERY);
  }
}

/** One run of a task. */
class Run {
  readonly name: string;
  private readonly runs: TaskRuns;
  private readonly task: string;
  private readonly request: TaskRequest;
  private reported: string | undefined;

  constructor(runs: TaskRuns, { name: task }: KubernetesLaunch, name: string, request: TaskRequest) {
    this.runs = runs;
    this.task = task;
    this.name = name;
    this.request = request;
  }

  /** Shows what it prints, or joins its terminal, until it has ended. */
  async follow(): Promise<number> {
    const { terminal } = this.request;
    const pod = await this.waitForStart();
    if (pod === undefined) return this.exitCode();
    let state = terminal === undefined ? await this.print(pod) : await this.join(pod, terminal);
    while (state?.is === "running") {
      await pause(EVERY);
      state = await this.state();
    }
    return this.exitCode(state);
  }

  /** Name of its pod, once that runs or has ended; undefined when there will be none. */
  private async waitForStart(): Promise<string | undefined> {
    for (let looks = 1; this.request.interruption.cause === undefined; looks++) {
      const pod = await this.runs.pod(this.name);
      const state: RunState = pod === undefined ? { is: "waiting", why: await this.podRefusal(looks) } : runStateOf(pod);
      if (state.is === "hopeless") throw new RunError(`Task "${this.task}" cannot be started: ${state.why}`);
      if (state.is !== "waiting") return pod?.metadata.name;
      if (pod === undefined && (await this.runs.job(this.name)) === undefined) return undefined;
      this.report(state.why);
      await pause(EVERY);
    }
    return undefined;
  }

  private podRefusal(looks: number): Promise<string | undefined> {
    return looks % PATIENCE === 0 ? this.runs.podRefusal(this.name) : Promise.resolve(this.reported);
  }

  /** Reports each reason to wait once. */
  private report(why: string | undefined): void {
    if (why === undefined || why === this.reported) return;
    this.reported = why;
    this.request.errors.write(`Task "${this.task}" waits: ${why}\n`);
  }

  /** A connection that ends early is followed by one that goes on where it ended. */
  private async print(pod: string): Promise<RunState | undefined> {
    for (let seen = 0; ; ) {
      seen = await this.runs.log(pod, seen, this.request.output);
      const state = await this.state();
      if (state?.is !== "running") return state;
      await pause(EVERY);
    }
  }

  private async join(pod: string, terminal: Terminal): Promise<RunState | undefined> {
    const input = new PassThrough();
    const stopTyping = terminal.typeInto(input);
    try {
      await this.runs.attach(pod, this.task, terminal, input);
    } finally {
      stopTyping();
    }
    return this.state();
  }

  private async state(): Promise<RunState | undefined> {
    const pod = await this.runs.pod(this.name);
    return pod === undefined ? undefined : runStateOf(pod);
  }

  /** The exit code, and why where it is not the program's own. @param state of its pod; absent: the pod is gone */
  private async exitCode(state?: RunState): Promise<number> {
    const { interruption, errors } = this.request;
    const job = await this.runs.job(this.name);
    const byJob = job === undefined ? REMOVED : endedByJob(job);
    if (byJob !== undefined) interruption.interrupt(byJob);
    if (interruption.cause !== undefined) return interruption.cause.code;
    if (state?.is !== "ended") throw new RunError(`The pod of task "${this.task}" is gone: its node was maintained, or a user removed it.`);
    if (state.why !== undefined) errors.write(`Task "${this.task}": ${state.why}\n`);
    return state.code;
  }
}
