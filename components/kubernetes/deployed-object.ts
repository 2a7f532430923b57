import { leafOf, placeOf, titleOf } from "../workload/adapter/place.ts";
import type { StateResource } from "../workload/operations.ts";
import { valueAt } from "../workload/values.ts";
import { kubernetesChanges } from "./consequences.ts";
import { OBJECTS } from "./labels.ts";

/** An object that a deployment declared. */
export interface DeployedObject {
  /** Of the noun that it is of, e.g. `service "web"`. */
  readonly title: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** By this key a state shows that a value is secret. */
const OPAQUE = "4dabf18193072939515e22adb298388d";

/** The object that a resource stands for, if it does. */
export function deployedObject({ urn, type, id = "", parent = "", inputs = {} }: StateResource): DeployedObject[] {
  if (!type.startsWith("kubernetes:")) return [];
  const [name = "", namespace] = id.split("/").reverse();
  return [{ title: titleOf(leafOf(placeOf(parent || urn))), kind: type.split(":").at(-1) ?? "", namespace, name, inputs }];
}

/** Whether it is the one in which a deployment notes what it declared. */
export function isRecord(inputs: DeployedObject["inputs"]): boolean {
  return typeof valueAt(inputs, ["metadata", "annotations", OBJECTS]) === "string";
}

/** What is compared of an object: never where it is, what only deployments note, and what is secret. */
export function comparable(kind: string, inputs: DeployedObject["inputs"]): object {
  const shared = kubernetesChanges.comparable({ within: [], under: [], type: kind, name: "", inputs, retained: false });
  const { apiVersion: _version, kind: _kind, stringData: _secret, metadata, ...rest } = shared;
  const { name: _name, namespace: _namespace, ...others } = Object(metadata);
  return Object(withoutSecrets({ ...rest, metadata: others }));
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets).filter((one) => one !== undefined);
  if (typeof value !== "object" || value === null) return value;
  if (OPAQUE in value) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}
