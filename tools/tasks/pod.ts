import type { V1Job, V1Pod } from "@kubernetes/client-node";

import { type Early, tooLong } from "./ending.ts";

/** How far the pod of a run has come. */
export type PodState =
  | { readonly is: "waiting"; readonly why: string | undefined }
  | { readonly is: "hopeless"; readonly why: string }
  | { readonly is: "running" }
  | { readonly is: "ended"; readonly code: number; readonly why: string | undefined };

/** What no waiting mends: an image that is nowhere, a container that the node cannot make. */
const HOPELESS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

/** Reads the state of a pod with one container. */
export function stateOf({ status }: V1Pod): PodState {
  const { waiting, running, terminated } = status?.containerStatuses?.[0]?.state ?? {};
  if (terminated !== undefined) {
    const code = terminated.exitCode;
    return { is: "ended", code, why: terminated.reason === "OOMKilled" ? "needs more memory than its limit" : undefined };
  }
  if (running !== undefined) return { is: "running" };
  // A node that is short of something ends a pod without a word on its container.
  if (status?.phase === "Failed") return { is: "ended", code: 1, why: oneLine(status.message ?? status.reason ?? "its pod failed") };
  if (waiting?.reason !== undefined && HOPELESS.has(waiting.reason)) {
    return { is: "hopeless", why: oneLine(waiting.message ?? waiting.reason) };
  }
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  return { is: "waiting", why: scheduled?.status === "False" ? oneLine(scheduled.message ?? "") : undefined };
}

/** What a run comes to whose Job went, as it does with its task. */
export const REMOVED: Early = { code: 1, why: "was ended: a deployment has removed it, or somebody its Job" };

/** Why a Job ended its pod itself, where it did; it stays until its pod has gone. */
export function endedByJob({ metadata, status, spec }: V1Job): Early | undefined {
  if (metadata?.deletionTimestamp !== undefined) return REMOVED;
  const late = status?.conditions?.some(({ reason, status: holds }) => reason === "DeadlineExceeded" && holds === "True");
  return late === true ? tooLong(spec?.activeDeadlineSeconds ?? 0) : undefined;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
