import { isEntry, type LostField } from "./drift.ts";
import { type Existing, type FieldTree, OURS } from "./existing.ts";

/** Parts of the control plane, and whatever calls itself a controller: they add what they need to what they work with. */
const CONTROLLERS =
  /^(kube-|kubelet$|cloud-controller-manager|cluster-autoscaler|csi-|k3s|.*(-|^)(controller|controller-manager|operator|provisioner|autoscaler|webhook)(-|$))/;

/** What `kubectl` notes beside what it was asked for. */
const NOTES = ["f:kubectl.kubernetes.io/restartedAt", "f:kubectl.kubernetes.io/last-applied-configuration"];
/** Of these each entry counts for itself. */
const MAPS = ["f:labels", "f:annotations"];
/** Of the metadata, what is set by hand. */
const METADATA = ["f:labels", "f:annotations", "f:finalizers", "f:ownerReferences"];

/**
 * The fields that somebody has added to a declared object: a deployment applies what is declared, and leaves what lies beside it.
 * What controllers add is none of it.
 */
export function furtherFields(declared: object, existing: Existing): LostField[] {
  const { managedFields = [] } = existing.metadata;
  const own = managedFields.flatMap(({ manager = "", fieldsV1 }) => (manager.startsWith(OURS) && fieldsV1 !== undefined ? [fieldsV1] : []));
  // What no deployment has applied is another object, of which the lost fields say enough.
  if (own.length === 0) return [];
  return setByHand({ metadata: { managedFields } }).flatMap(({ manager, fields }) =>
    furtherIn({ declared, own, actual: existing.spec === undefined ? undefined : existing }, fields, "").map((path) => ({
      path,
      by: manager,
    })),
  );
}

/** What has been set in an object by hand, as its managers tell. */
export function setByHand({
  metadata: { managedFields = [] },
}: Pick<Existing, "metadata"> | { metadata: Pick<Existing["metadata"], "managedFields"> }) {
  return managedFields.flatMap(({ manager = "", subresource, fieldsV1 }) =>
    fieldsV1 === undefined || subresource === "status" || manager.startsWith(OURS) || CONTROLLERS.test(manager)
      ? []
      : [{ manager, fields: withoutStatus(fieldsV1) }],
  );
}

function withoutStatus(fields: FieldTree): FieldTree {
  return Object.fromEntries(Object.entries(fields).filter(([step]) => step !== "f:status"));
}

/** What is known of one place of an object. */
interface Place {
  readonly declared: unknown;
  readonly own: readonly FieldTree[];
  /** What is there; undefined where only its metadata were read. */
  readonly actual: unknown;
}

function furtherIn({ declared, own, actual }: Place, theirs: FieldTree, path: string): string[] {
  return Object.entries(theirs).flatMap(([step, below]) => {
    if (step === "." || NOTES.includes(step) || (path === "metadata" && !METADATA.includes(step))) return [];
    const next = { declared: valueAt(declared, step), own: own.flatMap((tree) => tree[step] ?? []), actual: valueAt(actual, step) };
    const name = nameOf(step);
    const to = step.startsWith("f:") ? (path === "" ? name : `${path}.${name}`) : `${path}[${name}]`;
    // What is declared and theirs is lost, and said as that.
    if (next.own.length === 0 && next.declared !== undefined) return [];
    if (next.own.length > 0 || path === "" || MAPS.includes(step)) return furtherIn(next, below, to);
    // Of a list that was emptied again, the API server still notes whose it was.
    return actual !== undefined && isEmpty(next.actual) ? [] : [to];
  });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

/** The value that a step leads to. */
function valueAt(value: unknown, step: string): unknown {
  if (Array.isArray(value)) return value.find((entry) => isEntry(entry, step));
  return typeof value === "object" && value !== null && step.startsWith("f:") ? Reflect.get(value, step.slice(2)) : undefined;
}

/** How a message names a step: a field, or an entry of a list. */
function nameOf(step: string): string {
  if (step.startsWith("f:")) return step.slice(2);
  const value: unknown = JSON.parse(step.slice(2));
  if (typeof value !== "object" || value === null) return String(value);
  const key = ["name", "mountPath", "port", "containerPort", "key", "ip", "topologyKey"].find((one) => one in value);
  return key === undefined ? "…" : String(Reflect.get(value, key));
}
