import type { Drift } from "../workload/drift.ts";
import type { DeployedObject } from "./deployed-object.ts";
import type { Existing } from "./existing.ts";
import { setByHand } from "./further.ts";
import { KINDS } from "./kinds.ts";
import { OWNER, STACK_LABEL } from "./labels.ts";
import { inNamespace, type NamespaceView } from "./namespace-view.ts";

/** Whose objects are looked at. */
export interface Whose {
  /** `<project>.<stack>`. */
  readonly stack: string;
  /** The state's id; undefined where an earlier release deployed. */
  readonly owner: string | undefined;
}

/** Claims may be there since a deployment left them behind with their data. */
const KEPT = "PersistentVolumeClaim";

/** Objects that carry the stack's label, that no deployment has made, and that nothing of one has made either. */
export function strangersIn(namespace: string, objects: readonly DeployedObject[], view: NamespaceView, { stack, owner }: Whose): Drift[] {
  const known = new Set(objects.map(({ kind, name }) => `${kind}/${name}`));
  return [...view.objects].flatMap(([kind, all]) =>
    (kind === KEPT ? [] : all)
      .filter((one) => isMarked(one, stack, owner) && !known.has(`${kind}/${one.metadata.name}`))
      .map(({ metadata: { name, annotations = {} } }): Drift => {
        const isSwept = kind in KINDS && annotations[OWNER] !== undefined;
        return {
          subject: `${kind} "${name}"`,
          what: "carries the label of this stack, and no deployment has made it",
          next: "left alone",
          outcome: "a deployment leaves it as it is",
          remedy: isSwept ? "npm run repair" : `kubectl${inNamespace(namespace)} delete ${kind.toLowerCase()} ${name}`,
        };
      }),
  );
}

/** Whether it is marked as this state's, and goes with nothing else. */
function isMarked({ metadata }: Existing, stack: string, owner: string | undefined): boolean {
  const { labels = {}, annotations = {}, ownerReferences = [], deletionTimestamp } = metadata;
  const isOthers = annotations[OWNER] !== undefined && annotations[OWNER] !== owner;
  return labels[STACK_LABEL] === stack && !isOthers && ownerReferences.length === 0 && deletionTimestamp === undefined;
}

/** Pods of the stack whose container or labels were changed by hand: the workload above them knows nothing of that. */
export function changedPods(namespace: string, { objects }: NamespaceView, stack: string): Drift[] {
  const own = (objects.get("Pod") ?? []).filter(
    ({ metadata: { labels = {}, ownerReferences = [] } }) => labels[STACK_LABEL] === stack && ownerReferences.length > 0,
  );
  return own.flatMap(({ metadata }) => {
    const hands = setByHand({ metadata }).filter(({ fields }) => "f:spec" in fields || "f:labels" in (fields["f:metadata"] ?? {}));
    if (hands.length === 0) return [];
    const what = [...new Set(hands.flatMap(({ fields }) => ("f:spec" in fields ? "its containers" : "its labels")))].join(" and ");
    return [
      {
        subject: `Pod "${metadata.name}"`,
        what: `was changed by hand (${[...new Set(hands.map(({ manager }) => manager))].join(", ")}): ${what}`,
        next: "left alone",
        outcome: "a deployment leaves it as it is until the pod is replaced",
        remedy: `kubectl${inNamespace(namespace)} delete pod ${metadata.name}`,
      } as const,
    ];
  });
}
