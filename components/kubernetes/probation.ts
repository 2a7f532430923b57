import { type Lives, livesText, proofOf, proofRule } from "../workload/adapter/index.ts";
import type { Pod } from "./pod-status.ts";

/** A pod that is ready, and has ended so often before that it may again. */
export interface Probation {
  /** How it has lived, and what a deployment waits for, in one line. */
  readonly text: string;
  /** Milliseconds until it counts as up. */
  readonly left: number;
}

/** The first of the pods that has not run for long enough since its last end. */
export function probationOf(pods: readonly Pod[], now: number): Probation | undefined {
  const leaving = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;
  return pods.flatMap((pod) => (leaving(pod) ? [] : (probation(pod, now) ?? []))).find(() => true);
}

function probation({ metadata, status }: Pod, now: number): Probation | undefined {
  const [container] = status.containerStatuses ?? [];
  const [since, last] = [container?.state?.running?.startedAt, container?.lastState?.terminated];
  if (container === undefined || since === undefined || last?.startedAt === undefined || last.finishedAt === undefined) return undefined;
  const lives: Lives = { ends: container.restartCount, life: timeOf(last.finishedAt) - timeOf(last.startedAt) };
  const left = proofOf(lives) - (now - timeOf(since));
  return left > 0 ? { text: `${metadata.name} ${livesText(lives)}: ${proofRule(lives)}`, left } : undefined;
}

function timeOf(time: string | Date): number {
  return new Date(time).getTime();
}
