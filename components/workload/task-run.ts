import { randomInt } from "node:crypto";
import { z } from "zod";

/** How a task of a stack on Docker is started. */
export type DockerLaunch = z.output<typeof dockerLaunch>;
/** How a task of a stack on Kubernetes is started. */
export type KubernetesLaunch = z.output<typeof kubernetesLaunch>;
/** How a task is started: what the adapter's task writes, and the run of a task reads. It has no secret. */
export type TaskLaunch = z.output<typeof taskLaunch>;

const dockerLaunch = z.object({
  platform: z.literal("docker"),
  name: z.string(),
  /** Name of the container that is never started. */
  template: z.string(),
  network: z.string(),
  interactive: z.boolean(),
  /** Seconds. */
  deadline: z.number(),
  /** Seconds. */
  stopGrace: z.number(),
});

const kubernetesLaunch = z.object({
  platform: z.literal("kubernetes"),
  /** Name of the CronJob that is never due. */
  name: z.string(),
  namespace: z.string(),
  /** Context under which it was deployed; another user may call the same cluster differently. */
  context: z.string().optional(),
  /** Uid of the cluster's namespace `kube-system`. */
  cluster: z.string(),
  interactive: z.boolean(),
});

/** The JSON in `Task.launch`, by platform. */
export const taskLaunch = z.discriminatedUnion("platform", [dockerLaunch, kubernetesLaunch]);

/** The text of `Task.launch`. */
export function launchText(launch: TaskLaunch): string {
  return JSON.stringify(launch);
}

/** Why a run ended before its work did. */
export interface EarlyExit {
  /** Exit code of the run. */
  readonly code: number;
  /** Continues "Task … "; absent for an interrupt of the user. */
  readonly why?: string;
}

/** Ends a run early: for a signal, a deadline, a deployment that removes the task. Only the first cause counts. */
export interface RunInterruption {
  readonly cause: EarlyExit | undefined;
  interrupt(cause: EarlyExit): void;
  /** Interrupts the run after so many seconds. */
  interruptAfter(seconds: number): void;
  /** Calls `stop` once, as soon as there is a cause. */
  onInterrupt(stop: () => void): void;
}

/** A terminal that a run is typed into. */
export interface Terminal {
  /** Shows what the run prints; the run's own terminal has its size. */
  readonly screen: NodeJS.WriteStream;
  /** Passes what is typed on to `input`, key by key, Ctrl-C included; returns the function that ends this. */
  typeInto(input: NodeJS.WritableStream): () => void;
}

/** The command that a run belongs to: it ends the run, so that a run without it would never end. */
export interface RunOwner {
  /** Identifies the command among all that start runs on the same engine. */
  readonly id: string;
  /** Whether the command that has this id has ended for certain. */
  hasEnded(id: string): boolean;
}

/** What a caller asks of one run. */
export interface TaskRequest {
  /** Arguments in place of the task's own; none: its own. */
  readonly args: readonly string[];
  /** Absent: the run is not typed into, and its output goes to `output` and `errors`. */
  readonly terminal?: Terminal | undefined;
  readonly output: NodeJS.WritableStream;
  /** Also receives what the user should know besides, one line each. */
  readonly errors: NodeJS.WritableStream;
  readonly owner: RunOwner;
  readonly interruption: RunInterruption;
}

/** Exit code of `timeout` for work that took too long. */
const OVERDUE = 124;

/** The cause of a run that did not end within its deadline. */
export function overdue(seconds: number): EarlyExit {
  return { code: OVERDUE, why: `did not end within its deadline of ${seconds} s and was ended` };
}

/** Without vowels, so that they form no word, and without digits, which name replicas. */
const LETTERS = "bcdfghjklmnpqrstvwxz";

/** A new name for one run of the task that `template` declares. */
export function runNameOf(template: string): string {
  return `${template}-${Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join("")}`;
}
