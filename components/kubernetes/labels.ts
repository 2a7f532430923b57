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

/** Kept while an object exists, and a new one where it is gone: for it, the object is made again. */
export const MADE = "mlstack.dev/made";
/** Hash of what the stack declares of an object, and of what something else has changed of that: for it, the object is put right. */
export const DECLARED = "mlstack.dev/declared";
/** Which place of the program declares an object. */
export const PLACE = "mlstack.dev/place";
/** What the provider waits for before it goes on. */
export const WAIT_FOR = "pulumi.com/waitFor";
/** Id of the state that an object belongs to. */
export const OWNER = "mlstack.dev/owner";
/** `Kind/name` of everything that a deployment declared, as JSON. */
export const OBJECTS = "mlstack.dev/objects";
/** Annotations of the jobs that have succeeded, as JSON. */
export const JOBS = "mlstack.dev/jobs";

/** The value of the stack label. */
export function stackLabel(): string {
  return `${pulumi.getProject()}.${pulumi.getStack()}`;
}

/** What the names of objects begin with that belong to no workload: another stack may have joined the same namespace. */
export function ownName(): string {
  return `${pulumi.getProject()}-${pulumi.getStack()}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
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
