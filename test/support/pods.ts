import type { Pod } from "../../components/kubernetes/pod-status.ts";

/** The status of the one container of a pod. */
export type Status = NonNullable<Pod["status"]["containerStatuses"]>[number];

/** A pod with one container, which has this status. */
export function aPod(
  name: string,
  status: Partial<Status> | undefined = undefined,
  changes: { metadata?: object; spec?: object; status?: object } = {},
): Pod {
  const containerStatuses = status === undefined ? [] : [{ ready: false, restartCount: 0, ...status }];
  return {
    metadata: { name, creationTimestamp: "2026-01-01T00:00:00Z", ...changes.metadata },
    spec: { containers: [{ image: "shop:1" }], ...changes.spec },
    status: { containerStatuses, ...changes.status },
  };
}

/** The status of one that no node can take. */
export const unplaced = (message: string, reason = "Unschedulable") => ({
  conditions: [{ type: "PodScheduled", status: "False", reason, message }],
});
/** The status of a container that waits. */
export const waits = (reason: string, message?: string) => ({
  state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
});
/** The state of a container that has ended. */
export const ended = (exitCode: number, reason?: string) => ({ terminated: { exitCode, ...(reason === undefined ? {} : { reason }) } });
