import type { Condition, Existing, ExistingStatus } from "./existing.ts";

/** How far a workload has come. */
export interface Progress {
  /** The workload has kept its promise. */
  readonly done: boolean;
  /** Grows while it comes nearer; the budget counts from the last growth. */
  readonly reached: number;
  /** It cannot keep its promise any more. */
  readonly failed?: boolean;
}

/** Replicas of a Deployment that have its newest form, and whether no other is left. */
export function deploymentProgress({ metadata, spec = {}, status = {} }: Existing): Progress {
  const { replicas: wanted = 1 } = spec;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  if (observedGeneration < (metadata.generation ?? 0)) return { done: false, reached: 0 };
  const available = Math.max(0, availableReplicas - (replicas - updatedReplicas));
  const done = updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
  return { done, reached: updatedReplicas + available };
}

/** The same of a StatefulSet, which counts its replicas by revision. */
export function statefulSetProgress({ metadata, spec = {}, status = {} }: Existing): Progress {
  const { replicas: wanted = 1 } = spec;
  const { observedGeneration = 0, readyReplicas = 0, updatedReplicas = 0, currentRevision, updateRevision } = status;
  if (observedGeneration < (metadata.generation ?? 0)) return { done: false, reached: 0 };
  const renewed = currentRevision === updateRevision || updatedReplicas === wanted;
  return { done: renewed && readyReplicas === wanted, reached: updatedReplicas + readyReplicas };
}

/** Whether a one-shot Job has succeeded; `reached` is 1 once its pod has started. */
export function jobProgress({ status = {} }: Existing): Progress {
  const { ready = 0, succeeded = 0, failed = 0 } = status;
  return {
    done: hasCondition(status, "Complete"),
    failed: hasCondition(status, "Failed"),
    reached: ready + succeeded + failed > 0 ? 1 : 0,
  };
}

/** Members of an Indexed Job that have been created. Whether all of them run, only their pods show. */
export function gangProgress({ spec = {}, status = {} }: Existing): Progress {
  const { parallelism = 1 } = spec;
  const { active = 0, ready = 0, succeeded = 0 } = status;
  const done = hasCondition(status, "Complete") || active + succeeded >= parallelism;
  return { done, failed: hasCondition(status, "Failed"), reached: ready + succeeded };
}

/** Why a Job has failed, in the words of its controller. */
export function failureOf({ status: { conditions = [] } = {} }: Existing): Condition | undefined {
  return conditions.find(({ type, status }) => type === "Failed" && status === "True");
}

function hasCondition({ conditions = [] }: ExistingStatus, type: string): boolean {
  return conditions.some((one) => one.type === type && one.status === "True");
}
