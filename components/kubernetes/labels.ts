import * as pulumi from "@pulumi/pulumi";

/** Which stack an object belongs to: `<project>.<stack>`. */
export const STACK_LABEL = "mlstack.dev/stack";
/** The workload's name as the program has it. */
export const WORKLOAD_LABEL = "mlstack.dev/workload";

/** Hash of what decides whether a job runs again. */
export const RUN = "mlstack.dev/run";
/** Sizes that a job's run was started with, as JSON: changed ones wait for its next run. */
export const SIZES = "mlstack.dev/sizes";
/** Hash of the declared inputs of a service or a gang, on its pods: a changed one renews them. */
export const INPUTS = "mlstack.dev/inputs";
/** Uid of the failed Job that this run of a job repeats; empty for a first run. */
export const RETRY_OF = "mlstack.dev/retry-of";

/** The value of the stack label. */
export function stackLabel(): string {
  return `${pulumi.getProject()}.${pulumi.getStack()}`;
}

/** Labels of an object, with the names that Kubernetes' own tools look for. */
export function labelsOf(stack: string, workload?: string): Record<string, string> {
  return {
    "app.kubernetes.io/managed-by": "mlstack",
    [STACK_LABEL]: stack,
    ...(workload === undefined ? {} : { "app.kubernetes.io/name": workload, [WORKLOAD_LABEL]: workload }),
  };
}

/** The two labels that select a workload's pods. */
export function selectorOf(stack: string, workload: string): Record<string, string> {
  return { [STACK_LABEL]: stack, [WORKLOAD_LABEL]: workload };
}
