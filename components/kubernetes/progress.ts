import type { Existing } from "./existing.ts";

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
export function deploymentProgress({ metadata, spec, status = {} }: Existing): Progress {
  const { replicas: wanted = 1 } = (spec ?? {}) as { replicas?: number };
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status as Record<string, number>;
  if (observedGeneration < (metadata.generation ?? 0)) return { done: false, reached: 0 };
  const available = Math.max(0, availableReplicas - (replicas - updatedReplicas));
  const done = updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
  return { done, reached: updatedReplicas + available };
}

/** The same of a StatefulSet, which counts its replicas by revision. */
export function statefulSetProgress({ metadata, spec, status = {} }: Existing): Progress {
  const { replicas: wanted = 1 } = (spec ?? {}) as { replicas?: number };
  const { observedGeneration = 0, readyReplicas = 0, updatedReplicas = 0 } = status as Record<string, number>;
  const { currentRevision, updateRevision } = status as Record<string, string>;
  if (observedGeneration < (metadata.generation ?? 0)) return { done: false, reached: 0 };
  const renewed = currentRevision === updateRevision || updatedReplicas === wanted;
  return { done: renewed && readyReplicas === wanted, reached: updatedReplicas + readyReplicas };
}

/** Whether a one-shot Job has succeeded; `reached` is 1 once its pod has started. */
export function jobProgress({ status = {} }: Existing): Progress {
  const { ready = 0, succeeded = 0, failed = 0 } = status as Record<string, number>;
  return {
    done: hasCondition(status, "Complete"),
    failed: hasCondition(status, "Failed"),
    reached: ready + succeeded + failed > 0 ? 1 : 0,
  };
}

/** Members of an Indexed Job that have been created. Whether all of them run, only their pods show. */
export function gangProgress({ spec, status = {} }: Existing): Progress {
  const { parallelism = 1 } = (spec ?? {}) as { parallelism?: number };
  const { active = 0, ready = 0, succeeded = 0 } = status as Record<string, number>;
  const done = hasCondition(status, "Complete") || active + succeeded >= parallelism;
  return { done, failed: hasCondition(status, "Failed"), reached: ready + succeeded };
}

/** Why a Job has failed, in the words of its controller. */
export function failureOf({ status = {} }: Existing): { readonly reason?: string; readonly message?: string } | undefined {
  return conditionsIn(status).find((one) => one.type === "Failed" && one.status === "True");
}

function hasCondition(status: Readonly<Record<string, unknown>>, type: string): boolean {
  return conditionsIn(status).some((one) => one.type === type && one.status === "True");
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

function conditionsIn(status: Readonly<Record<string, unknown>>): readonly Condition[] {
  return (status["conditions"] ?? []) as readonly Condition[];
}
