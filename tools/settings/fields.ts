import { listIn, valueAt } from "../../components/workload/values.ts";
import { pathOf } from "../../infra/layers/path.ts";
import type { Registration } from "./recording.ts";

/** Names by which a user may mean a resource: the program's, and with its kind before it, e.g. `api`, `deployment/api`. */
export function namesOf({ type, name }: Registration): string[] {
  const kind = type.split(":").at(-1)?.toLowerCase() ?? "";
  return kind === "container" || kind === "deployment" || kind === "statefulset" || kind === "job"
    ? [name, `${kind}/${name}`]
    : [`${kind}/${name}`, name];
}

/** Whether two registrations are of the same resource. */
export function sameResource(one: Registration, other: Registration): boolean {
  return one.type === other.type && one.name === other.name;
}

/**
 * A field of a resource's inputs by its path. `env.NAME` is a variable, `memory` and `cpu` a limit, wherever the target keeps
 * them.
 */
export function fieldOf(inputs: Readonly<Record<string, unknown>>, field: string): unknown {
  const variable = /^env\.(.+)$/.exec(field)?.[1];
  if (variable !== undefined) return variableOf(inputs, variable);
  const own = at(inputs, field);
  return own === undefined ? at(containersOf(inputs)[0], field) : own;
}

function variableOf(inputs: Readonly<Record<string, unknown>>, name: string): unknown {
  const plain = listIn(inputs["envs"]).find((one) => typeof one === "string" && one.startsWith(`${name}=`));
  if (typeof plain === "string") return plain.slice(name.length + 1);
  const named = containersOf(inputs)
    .flatMap((container) => listIn(at(container, "env")))
    .find((one) => at(one, "name") === name);
  return named === undefined ? undefined : (at(named, "value") ?? at(named, "valueFrom"));
}

/** Of the pod that an object of Kubernetes makes. */
function containersOf(inputs: Readonly<Record<string, unknown>>): readonly unknown[] {
  return listIn(at(inputs, "spec.template.spec.containers") ?? at(inputs, "spec.jobTemplate.spec.template.spec.containers"));
}

function at(value: unknown, path: string): unknown {
  return valueAt(value, pathOf(path));
}
