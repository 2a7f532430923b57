import { type Existing, type FieldTree, OURS } from "./existing.ts";

/** A declared field that no longer is as it was declared. */
export interface LostField {
  /** As messages show it: `spec.template.spec.containers[api].image`. */
  readonly path: string;
  /** Who has set it since; undefined where it was removed, or where the program did not declare it before. */
  readonly by: string | undefined;
}

/**
 * The fields of a declared object that something else has changed or removed in the existing one. The API server notes who
 * has set each field last, so that neither values nor their defaults are compared: who writes the same value changes nothing.
 */
export function lostFields(declared: object, { metadata: { managedFields = [] } }: Existing): LostField[] {
  const trees = (ours: boolean) =>
    managedFields.flatMap(({ manager = "", fieldsV1 }) =>
      manager.startsWith(OURS) === ours && fieldsV1 !== undefined ? [{ manager, fields: fieldsV1 }] : [],
    );
  const own = trees(true);
  // A server that hides its record leaves nothing to compare with.
  if (managedFields.length === 0) return [];
  return lostIn(
    declared,
    own.map(({ fields }) => fields),
    trees(false),
    "",
  );
}

interface Owner {
  readonly manager: string;
  readonly fields: FieldTree;
}

function lostIn(value: unknown, own: readonly FieldTree[], others: readonly Owner[], path: string): LostField[] {
  if (path !== "" && own.length === 0) {
    const by = others[0]?.manager;
    // Of `false`, zero and an empty text the API server often notes nothing: they are what it assumes anyway.
    return by === undefined && isNothing(value) ? [] : [{ path, by }];
  }
  // Whoever has set a field as a whole has no tree below it.
  if (path !== "" && own.some((tree) => childrenOf(tree).length === 0)) return [];
  if (Array.isArray(value))
    return value.flatMap((entry) => below(entry, own, others, (step) => isEntry(entry, step), `${path}[${labelOf(entry)}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    field === undefined || isEmpty(field)
      ? []
      : below(field, own, others, (step) => step === `f:${name}`, path === "" ? name : `${path}.${name}`),
  );
}

function below(
  value: unknown,
  own: readonly FieldTree[],
  others: readonly Owner[],
  leads: (step: string) => boolean,
  path: string,
): LostField[] {
  const next = (tree: FieldTree) => childrenOf(tree).flatMap(([step, child]) => (leads(step) ? [child] : []));
  const elsewhere = others.flatMap(({ manager, fields }) => next(fields).map((child) => ({ manager, fields: child })));
  return lostIn(value, own.flatMap(next), elsewhere, path);
}

/** Steps to what is below; `.` stands for the thing itself. */
function childrenOf(tree: FieldTree): [string, FieldTree][] {
  return Object.entries(tree).filter(([step]) => step !== ".");
}

function isNothing(value: unknown): boolean {
  return value === false || value === 0 || value === "";
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Whether a step leads to this entry of a list; what its key has besides, the API server has filled in. */
export function isEntry(entry: unknown, step: string): boolean {
  if (step.startsWith("v:")) return step === `v:${JSON.stringify(entry)}`;
  if (!step.startsWith("k:") || typeof entry !== "object" || entry === null) return false;
  const keys: Record<string, unknown> = JSON.parse(step.slice(2));
  return Object.entries(keys).every(([name, wanted]) => {
    const given: unknown = Reflect.get(entry, name);
    return given === undefined || given === wanted;
  });
}

/** How a message names an entry of a list. */
function labelOf(entry: unknown): string {
  if (typeof entry !== "object" || entry === null) return String(entry);
  const key = ["name", "mountPath", "port", "topologyKey"].find((name) => name in entry);
  return key === undefined ? "…" : String(Reflect.get(entry, key));
}
