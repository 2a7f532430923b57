import { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

import { Problem } from "../lib/problem.ts";
import { jobOf } from "./copy.ts";
import type { Wish } from "./ending.ts";
import { Kube, messageOf } from "./kube.ts";
import type { KubernetesLaunch } from "./launch.ts";
import { endedByJob, type PodState, REMOVED, stateOf } from "./pod.ts";
import { typedInto } from "./terminal.ts";

/** Milliseconds between two looks at a pod. */
const EVERY = 500;
/** Looks without a pod, after which the cluster is asked why. */
const PATIENCE = 10;

/** Makes a Job from the CronJob that was declared and stays until it is gone; returns the exit code of its program. */
export async function runOnKubernetes(launch: KubernetesLaunch, wish: Wish): Promise<number> {
  const kube = await Kube.connect(launch);
  const job = await kube.create(jobOf(await kube.template(launch), wish)).catch((error: unknown) => {
    throw new Problem(`Task "${launch.name}" cannot be started: ${messageOf(error)}`);
  });
  const run = new Run(kube, launch, job.metadata?.name ?? "", wish);
  wish.ending.whenever(() => void kube.remove(run.name).catch(() => {}));
  try {
    return await run.followed();
  } finally {
    await kube.remove(run.name);
    while ((await kube.job(run.name)) !== undefined) await pause(EVERY);
  }
}

/** One run of a task. */
class Run {
  readonly name: string;
  private readonly kube: Kube;
  private readonly task: string;
  private readonly wish: Wish;
  private told: string | undefined;

  constructor(kube: Kube, { name: task }: KubernetesLaunch, name: string, wish: Wish) {
    this.kube = kube;
    this.task = task;
    this.name = name;
    this.wish = wish;
  }

  /** Shows what it prints, or joins its terminal, until it has ended. */
  async followed(): Promise<number> {
    const pod = await this.started();
    if (pod === undefined) return this.endedFor();
    if (this.wish.interactive) await this.joined(pod);
    let state = this.wish.interactive ? await this.state() : await this.printed(pod);
    while (state?.is === "running") {
      await pause(EVERY);
      state = await this.state();
    }
    return this.endedFor(state);
  }

  /** Name of its pod, once that runs or has ended; undefined when there will be none. */
  private async started(): Promise<string | undefined> {
    for (let looks = 1; this.wish.ending.early === undefined; looks++) {
      const pod = await this.kube.pod(this.name);
      const state: PodState = pod === undefined ? { is: "waiting", why: await this.notMade(looks) } : stateOf(pod);
      if (state.is === "hopeless") throw new Problem(`Task "${this.task}" cannot be started: ${state.why}`);
      if (state.is !== "waiting") return pod?.metadata?.name;
      if (pod === undefined && (await this.kube.job(this.name)) === undefined) return undefined;
      this.tell(state.why);
      await pause(EVERY);
    }
    return undefined;
  }

  private notMade(looks: number): Promise<string | undefined> {
    return looks % PATIENCE === 0 ? this.kube.notMade(this.name) : Promise.resolve(this.told);
  }

  /** Says each reason to wait once. */
  private tell(why: string | undefined): void {
    if (why === undefined || why === this.told) return;
    this.told = why;
    process.stderr.write(`Task "${this.task}" waits: ${why}\n`);
  }

  /** A connection that ends early is taken up again where it ended. */
  private async printed(pod: string): Promise<PodState | undefined> {
    for (let seen = 0; ; ) {
      seen = await this.kube.log(pod, seen, process.stdout);
      const state = await this.state();
      if (state?.is !== "running") return state;
      await pause(EVERY);
    }
  }

  private async joined(pod: string): Promise<void> {
    const input = new PassThrough();
    const giveBack = typedInto(input);
    try {
      await this.kube.attach(pod, this.task, process.stdout, input);
    } finally {
      giveBack();
    }
  }

  private async state(): Promise<PodState | undefined> {
    const pod = await this.kube.pod(this.name);
    return pod === undefined ? undefined : stateOf(pod);
  }

  /** What it comes to; a pod that is gone was taken by somebody. */
  private async endedFor(state?: PodState): Promise<number> {
    const { ending } = this.wish;
    const job = await this.kube.job(this.name);
    const byJob = job === undefined ? REMOVED : endedByJob(job);
    if (byJob !== undefined) ending.now(byJob);
    if (ending.early !== undefined) return ending.early.code;
    if (state?.is !== "ended")
      throw new Problem(`The pod of task "${this.task}" is gone: its node was maintained, or somebody removed it.`);
    if (state.why !== undefined) process.stderr.write(`Task "${this.task}": ${state.why}\n`);
    return state.code;
  }
}
