import type { V1Job } from "@kubernetes/client-node";

import { oneLine } from "../workload/adapter/failure.ts";
import { type EarlyExit, overdue } from "../workload/task-run.ts";
import { endMessage, type Pod, startFailure } from "./pod-status.ts";

/** How far the pod of a run has come. */
export type RunState =
  | { readonly is: "waiting"; readonly why: string | undefined }
  | { readonly is: "hopeless"; readonly why: string }
  | { readonly is: "running" }
  | { readonly is: "ended"; readonly code: number; readonly why: string | undefined };

/** The state of a run, as its pod with one container shows it. */
export function runStateOf({ status }: { readonly status?: Pod["status"] }): RunState {
  const { running, terminated } = status?.containerStatuses?.[0]?.state ?? {};
  if (terminated !== undefined) return { is: "ended", code: terminated.exitCode, why: endMessage(terminated) };
  if (running !== undefined) return { is: "running" };
  // A node that is short of something ends a pod and says nothing about its container.
  if (status?.phase === "Failed") return { is: "ended", code: 1, why: oneLine(status.message ?? status.reason ?? "its pod failed") };
  const failure = startFailure(status === undefined ? {} : { status });
  if (failure !== undefined) return { is: "hopeless", why: failure.message };
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  return { is: "waiting", why: scheduled?.status === "False" ? oneLine(scheduled.message ?? "") : undefined };
}

/** The end of a run whose Job was deleted, as it is with its task. */
export const REMOVED: EarlyExit = { code: 1, why: "was ended: a deployment has removed it, or a user its Job" };

/** Why a Job ended its pod itself, where it did; the Job remains until its pod has gone. */
export function endedByJob({ metadata, status, spec }: V1Job): EarlyExit | undefined {
  if (metadata?.deletionTimestamp !== undefined) return REMOVED;
  const late = status?.conditions?.some(({ reason, status: holds }) => reason === "DeadlineExceeded" && holds === "True");
  return late === true ? overdue(spec?.activeDeadlineSeconds ?? 0) : undefined;
}
