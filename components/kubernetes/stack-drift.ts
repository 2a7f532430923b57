import type { Drift } from "../workload/drift.ts";
import type { StateResource } from "../workload/operations.ts";
import { listIn, valueAt } from "../workload/values.ts";
import type { Cluster } from "./cluster.ts";
import { comparable, type DeployedObject, deployedObject, isRecord } from "./deployed-object.ts";
import { changed, extended, gone } from "./deviations.ts";
import { deployedIn, type Existing, isOurs } from "./existing.ts";
import { furtherFields } from "./further.ts";
import { OWNER, STACK_LABEL, WORKLOAD_LABEL } from "./labels.ts";
import { newlyLost } from "./loss-note.ts";
import { inNamespace, lookInto, type NamespaceView } from "./namespace-view.ts";
import { isRemade } from "./remade.ts";
import { changedPods, strangersIn, type Whose } from "./strangers.ts";

const CLAIM = "PersistentVolumeClaim";

/**
 * What in a cluster is not as the last deployment of a stack left it, by the rules by which the next one decides. Nothing is
 * changed.
 *
 * @param resources what its state has; secrets in it need not be open
 * @returns besides, the kinds of objects that may not be looked at
 */
export async function clusterDrift(
  cluster: Pick<Cluster, "get" | "find">,
  whose: Whose,
  resources: readonly StateResource[],
): Promise<{ readonly differences: Drift[]; readonly notes: string[] }> {
  const objects = resources.flatMap(deployedObject);
  const namespaces = [...new Set(objects.flatMap(({ namespace }) => namespace ?? []))];
  const looks = await Promise.all(
    namespaces.map(async (namespace) => {
      const view = await lookInto(cluster, namespace);
      const own = objects.filter((one) => (one.kind === "Namespace" ? one.name : one.namespace) === namespace);
      const notes = view.unread.length === 0 ? [] : [`${view.unread.join(", ")} in namespace ${namespace} may not be listed by this user`];
      return { differences: driftIn(namespace, own, view, whose), notes };
    }),
  );
  return { differences: looks.flatMap(({ differences }) => differences), notes: looks.flatMap(({ notes }) => notes) };
}

/** What of one namespace is not as it was left. */
export function driftIn(namespace: string, objects: readonly DeployedObject[], view: NamespaceView, whose: Whose): Drift[] {
  const own = objects.find(({ kind }) => kind === "Namespace");
  if (own !== undefined && view.namespace === undefined) {
    const claims = objects.filter(({ kind }) => kind === CLAIM).map(({ title, name }) => gone(title, [`PersistentVolumeClaim "${name}"`]));
    return [{ ...gone(own.title, [`Namespace "${own.name}"`]), outcome: "will be made again, with all that was in it" }, ...claims];
  }
  const found = (kind: string, name: string) =>
    kind === "Namespace" ? view.namespace : view.objects.get(kind)?.find(({ metadata }) => metadata.name === name);
  const lost = objects.filter(({ kind, name }) => kind === CLAIM && !view.unread.includes(kind) && found(kind, name) === undefined);
  const missing = new Map<string, string[]>();
  const record = found("ConfigMap", objects.find(({ inputs }) => isRecord(inputs))?.name ?? "");
  const { jobs } = deployedIn(record);
  const others = objects.flatMap((one): Drift[] => {
    const { title, kind, name } = one;
    if (view.unread.includes(kind)) return [];
    const existing = found(kind, name);
    if (existing !== undefined && !isRemade(kind, existing)) return objectDrift(one, existing, whose);
    // One that is gone after its success is not run again, unless what it filled is gone as well.
    if (existing === undefined && title.startsWith("job") && kind === "Job" && jobs.has(name) && !mountsOneOf(one, lost)) return [];
    const inPlace = existing === undefined ? "" : " (another is in its place)";
    missing.set(title, [...(missing.get(title) ?? []), `${objectText(one)}${inPlace}`]);
    return [];
  });
  return [
    ...[...missing].map(([title, names]) => gone(title, names)),
    ...others,
    ...strangersIn(namespace, objects, view, whose),
    ...changedPods(namespace, view, whose.stack),
  ];
}

function objectDrift(one: DeployedObject, existing: Existing, { stack, owner }: Whose): Drift[] {
  const { title, kind, name, namespace, inputs } = one;
  const object = objectText(one);
  const { annotations = {}, deletionTimestamp } = existing.metadata;
  const refused = { next: "refused", outcome: "a deployment is refused while that is so" } as const;
  const subject = `${title}: ${object}`;
  if (deletionTimestamp !== undefined && kind === CLAIM)
    return [{ subject, what: "is being deleted by hand, and its data are gone when no pod mounts it any more", ...refused }];
  if (deletionTimestamp !== undefined)
    return [{ subject, what: "is being deleted by hand", next: "made again", outcome: "will be made again" }];
  // A Secret is found by its labels, and another is made where it has none.
  if (!isOurs(existing, stack) && kind === "Secret") return [gone(title, [`${object} (without its labels)`])];
  if (!isOurs(existing, stack) && kind !== "Namespace") {
    const remedy = `kubectl${inNamespace(namespace)} label ${kind.toLowerCase()} ${name} ${STACK_LABEL}=${stack} --overwrite`;
    return [{ subject, what: "has lost the stack's label", ...refused, remedy }];
  }
  if (owner !== undefined && annotations[OWNER] !== undefined && annotations[OWNER] !== owner) {
    const remedy = `kubectl${inNamespace(namespace)} annotate ${kind.toLowerCase()} ${name} ${OWNER}=${owner} --overwrite`;
    return [{ subject, what: "carries the id of another state", ...refused, remedy }];
  }
  const known = comparable(kind, inputs);
  return [
    ...changed(title, object, newlyLost(known, existing), known, existing),
    ...extended(title, object, furtherFields(known, existing)),
  ];
}

/** Whether a job's pod mounts one of these claims. */
function mountsOneOf({ inputs }: DeployedObject, claims: readonly DeployedObject[]): boolean {
  const volumes = listIn(valueAt(inputs, ["spec", "template", "spec", "volumes"]));
  return volumes.some((volume) => claims.some(({ name }) => valueAt(volume, ["persistentVolumeClaim", "claimName"]) === name));
}

/** As messages name it: a Secret, whose own name is random, by that of its noun. */
function objectText({ kind, name, inputs }: DeployedObject): string {
  const noun = kind === "Secret" ? valueAt(inputs, ["metadata", "labels", WORKLOAD_LABEL]) : undefined;
  return `${kind} "${typeof noun === "string" ? noun : name}"`;
}
