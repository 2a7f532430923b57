import type { StateResource, StateWorkload, WorkloadKind } from "../operations.ts";
import { placeIn } from "./place.ts";

const NOUN = /^mlstack:\w+:(Service|Gang|Job|Task)$/;
/** Types of what is above every part of a stack. */
const ROOTS = ["pulumi:pulumi:Stack", "mlstack:index:MlStack"];

/** The workloads of a state, in the order in which the program declares them, those of one component together. */
export function workloadsIn(state: readonly StateResource[]): StateWorkload[] {
  const children = new Map<string, StateResource[]>();
  for (const resource of state) children.set(resource.parent ?? "", [...(children.get(resource.parent ?? "") ?? []), resource]);
  const known = new Set(state.map(({ urn }) => urn));
  const found: StateWorkload[] = [];
  const visit = (resource: StateResource, above: readonly StateResource[]) => {
    const noun = NOUN.exec(resource.type)?.[1];
    const own = children.get(resource.urn) ?? [];
    if (noun !== undefined) found.push(workloadOf(noun, resource, above, own));
    const next = ROOTS.includes(resource.type) ? above : [...above, resource];
    for (const child of own) visit(child, next);
  };
  for (const resource of state) if (resource.parent === undefined || !known.has(resource.parent)) visit(resource, []);
  return found;
}

function workloadOf(
  noun: string,
  { urn, outputs = {} }: StateResource,
  above: readonly StateResource[],
  resources: readonly StateResource[],
): StateWorkload {
  return {
    kind: KINDS[noun] ?? "service",
    name: placeIn(urn).name,
    within: above.map(({ type }) => type),
    under: above.map((one) => placeIn(one.urn).name),
    resources,
    url: urlOf(outputs, above.at(-1)?.outputs),
  };
}

const KINDS: Readonly<Record<string, WorkloadKind>> = { Service: "service", Gang: "gang", Job: "job", Task: "task" };

/** What a service is a part of knows whether it speaks TLS. */
function urlOf({ url }: Readonly<Record<string, unknown>>, around: Readonly<Record<string, unknown>> = {}): string | undefined {
  if (typeof url !== "string") return undefined;
  const secure = url.replace(/^http:/, "https:");
  return around["url"] === secure ? secure : url;
}
