/** Which stack a container, network or volume belongs to: `<project>/<stack>`. */
export const STACK_LABEL = "dev.mlstack.stack";
/** The workload's name as the program has it. */
export const WORKLOAD_LABEL = "dev.mlstack.workload";
/** Hash of the declared inputs: a changed one runs a job again, and renews the replicas of a service and the members of a gang. */
export const INPUTS_LABEL = "dev.mlstack.inputs";
/** Id of the failed container that this run of a job repeats; empty for a first run. */
export const RETRY_LABEL = "dev.mlstack.retry-of";

/** The command that a run of a task belongs to. */
export const COMMAND_LABEL = "dev.mlstack.command";

/** Labels in the provider's form, in a fixed order. */
export function labelList<V>(labels: Readonly<Record<string, V>>): { label: string; value: V }[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}
