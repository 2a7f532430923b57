import * as pulumi from "@pulumi/pulumi";

import type { Existing } from "./existing.ts";
import { RETRY_OF } from "./labels.ts";
import { failureOf, jobProgress } from "./progress.ts";

/** Maintenance of nodes uses up none of a workload's retries. */
export const MAINTENANCE_IS_FREE = { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] };

/**
 * What the API server does not let change, while the provider would try: for a change of these the Job is replaced. The
 * fields that the provider itself replaces for (template, completions, parallelism, selector) need no mention.
 */
export const IMMUTABLE = ["backoffLimitPerIndex", "completionMode", "managedBy", "podFailurePolicy", "scheduling", "successPolicy"].map(
  (field) => `spec.${field}`,
);

/** Says that a Job has failed for good, and that this deployment runs it again. @param again what running again means */
export function announceFailure(title: string, existing: Existing | undefined, again: string): void {
  const failure = existing && failureOf(existing);
  if (failure === undefined) return;
  const why = [failure.reason, failure.message].filter((text) => text !== undefined).join(": ");
  void pulumi.log.warn(`${title} has failed for good (${why}): ${again}`);
}

/** Which failed Job this run repeats; it stays in the pod's annotations when the repetition has succeeded. */
export function retryOf(existing: Existing | undefined): string {
  if (existing === undefined) return "";
  if (jobProgress(existing).failed === true) return existing.metadata.uid ?? "";
  return existing.spec?.template?.metadata?.annotations?.[RETRY_OF] ?? "";
}
