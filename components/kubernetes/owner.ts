import type { Recorded } from "../workload/adapter/index.ts";
import type { ClusterView, Existing } from "./existing.ts";
import { OWNER, STACK_LABEL } from "./labels.ts";

/** Type of the platform's component. It is identity and never changes. */
export const PLATFORM = "mlstack:kubernetes:Platform";
/** Name of the resource that keeps the state's id; likewise. */
export const OWNER_NAME = "owner";

/** Whose a stack's objects are: those of one state. Its name does not say it, since every clone of a project has the same. */
export interface Ownership {
  /** The state's id for this stack. */
  readonly id: string;
  /** Whether objects without any id are this stack's too: an earlier release made them. */
  readonly unmarked: boolean;
}

/** @param id of a state that has none yet */
export function ownershipIn(state: readonly Recorded[], id: string): Ownership {
  const own = state.filter(({ place }) => place.types.includes(PLATFORM));
  const kept = own.find(({ place }) => place.types.at(-1) === "pulumi:index:Stash" && place.name === OWNER_NAME)?.outputs["output"];
  return { id: typeof kept === "string" ? kept : id, unmarked: own.length > 0 };
}

/** What is in the cluster, in which only what is this state's carries the stack's label. */
export function withOwner(view: ClusterView, owner: Ownership, stack: string): ClusterView {
  const seen = (object: Existing) => (isAnothers(object, owner, stack) ? labelledAsAnothers(object, stack) : object);
  const objects = [...view.objects].flatMap(([key, object]) => {
    // The name of a Secret is random, so that another's is in nobody's way.
    if (key.startsWith("Secret/") && isAnothers(object, owner, stack)) return [];
    return [[key, seen(object)] as const];
  });
  return { ...view, namespace: view.namespace && seen(view.namespace), objects: new Map(objects) };
}

function isAnothers({ metadata: { labels = {}, annotations = {} } }: Existing, { id, unmarked }: Ownership, stack: string): boolean {
  const { [OWNER]: owner } = annotations;
  return labels[STACK_LABEL] === stack && (owner === undefined ? !unmarked : owner !== id);
}

function labelledAsAnothers(object: Existing, stack: string): Existing {
  const labels = { ...object.metadata.labels, [STACK_LABEL]: `a stack "${stack}" of another state` };
  return { ...object, metadata: { ...object.metadata, labels } };
}
