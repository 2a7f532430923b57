import type { Cluster } from "./cluster.ts";
import type { Existing } from "./existing.ts";
import { KINDS, listPath } from "./kinds.ts";
import { OWNER, STACK_LABEL } from "./labels.ts";

/** What is asked of the cluster. */
type Asked = Pick<Cluster, "find" | "send">;

interface Labelled extends Existing {
  readonly metadata: Existing["metadata"] & { readonly ownerReferences?: readonly object[] };
}

/** Claims are not looked for: they may hold data. */
const { PersistentVolumeClaim: _, ...SWEPT } = KINDS;

/** Whose objects are looked for, and where. */
export interface Whose {
  /** `<project>.<stack>`. */
  readonly stack: string;
  /** The state's id. */
  readonly owner: string;
  readonly namespaces: readonly string[];
  /** `Kind/name` of what the state knows. */
  readonly known: ReadonlySet<string>;
}

/**
 * Deletes the objects that an interrupted deployment made and that its state does not know. What belongs to another object goes
 * with that, and volume claims stay with their data.
 *
 * @returns what was deleted, as messages name it
 */
export async function removeClusterLeftovers(cluster: Asked, { stack, owner, namespaces, known }: Whose): Promise<string[]> {
  const lists = namespaces.flatMap((namespace) =>
    Object.entries(SWEPT).map(async ([kind, where]) => {
      const folder = listPath(where, namespace);
      const found = await cluster.find<{ items: readonly Labelled[] }>(folder, { labelSelector: `${STACK_LABEL}=${stack}` });
      const left = (found?.items ?? []).filter((one) => isLeft(one, owner) && !known.has(`${kind}/${one.metadata.name}`));
      return left.map(({ metadata: { name } }) => ({ title: `${kind} "${name}"`, path: `${folder}/${name}` }));
    }),
  );
  const left = (await Promise.all(lists)).flat();
  for (const { path } of left) await cluster.send("DELETE", path, { propagationPolicy: "Background" });
  return left.map(({ title }) => title);
}

/** Where a state's objects are, and which it knows. An id is `namespace/name`, or the name alone of what is in no namespace. */
export function whereaboutsIn(resources: readonly { readonly type: string; readonly id?: string }[]): Pick<Whose, "namespaces" | "known"> {
  const objects = resources.flatMap(({ type, id = "" }) => (type.startsWith("kubernetes:") ? [{ kind: type.split(":").at(-1), id }] : []));
  return {
    namespaces: [...new Set(objects.flatMap(({ id }) => (id.includes("/") ? [id.split("/")[0] ?? ""] : [])))],
    known: new Set(objects.map(({ kind, id }) => `${kind}/${id.split("/").at(-1)}`)),
  };
}

function isLeft({ metadata: { annotations = {}, ownerReferences = [], deletionTimestamp } }: Labelled, owner: string): boolean {
  return annotations[OWNER] === owner && ownerReferences.length === 0 && deletionTimestamp === undefined;
}
