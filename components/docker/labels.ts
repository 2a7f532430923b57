/** Which stack a container, network or volume is of: `<project>/<stack>`. Stacks of other states may have the same name. */
export const STACK_LABEL = "dev.mlstack.stack";
/** Id of the state that has made it, and of the stack in it. */
export const OWNER_LABEL = "dev.mlstack.owner";
/** The workload's name as the program has it. */
export const WORKLOAD_LABEL = "dev.mlstack.workload";
/** Hash of the declared inputs: a changed one runs a job again, and renews the replicas of a service and the members of a gang. */
export const INPUTS_LABEL = "dev.mlstack.inputs";
/** Id of the failed container that this run of a job repeats; empty for a first run. */
export const RETRY_LABEL = "dev.mlstack.retry-of";
/** How often it was made again because what the last deployment had made was changed by hand; absent for never. */
export const RENEWAL_LABEL = "dev.mlstack.renewal";

/** The command that a run of a task belongs to. */
export const COMMAND_LABEL = "dev.mlstack.command";

/** Labels in the provider's form, in a fixed order. */
export function labelList<V>(labels: Readonly<Record<string, V>>): { label: string; value: V }[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

/** Labels by name. */
export type Labels = Readonly<Record<string, string>>;

/**
 * The label that makes a thing again, and nothing else: what replaces it is a change of the value.
 *
 * @param before labels that it was made with · @param again whether it is to be made again
 */
export function renewalLabel(before: Labels | undefined, again: boolean): Labels {
  const renewals = Number(before?.[RENEWAL_LABEL] ?? 0) + (again ? 1 : 0);
  return renewals === 0 ? {} : { [RENEWAL_LABEL]: String(renewals) };
}
