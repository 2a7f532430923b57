import type { Declared } from "../../components/workload/change.ts";
import { DEPLOYED } from "../../infra/deployed.ts";
import type { Outputs } from "../settings/recording.ts";
import { type Checkpoint, checkpointOf } from "../setup/backend.ts";
import type { Stack } from "../setup/stack.ts";

type StateResource = NonNullable<Checkpoint["resources"]>[number];

/** What the last deployment has left in a stack's state, as far as it can be read without the state's password. */
export interface Former {
  /** By URN. */
  readonly resources: ReadonlyMap<string, StateResource>;
  /** Settings of that deployment, without secrets; undefined where a release deployed it that kept none. */
  readonly settings: unknown;
  /** The stack's outputs. */
  readonly outputs: unknown;
}

/** Which outputs a rendering shows: those that the last deployment got, or of what has not changed only. */
export type As = "deployed" | "now";

const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";
const REGISTRY_IMAGE = "docker:index/registryImage:RegistryImage";

/** The last state of a stack; one without anything for a stack that was never deployed. */
export function formerOf(stack: Stack): Former {
  const all = checkpointOf(stack)?.resources ?? [];
  const outputsOf = (type: string) => all.find((one) => one.type === type)?.outputs;
  return {
    resources: new Map(all.map((one) => [one.urn, one])),
    settings: outputsOf(DEPLOYED.type)?.["settings"],
    outputs: outputsOf("pulumi:pulumi:Stack"),
  };
}

/**
 * What an engine gave at the last deployment and a rendering cannot know: digests of images, and names that a cluster makes up. An
 * image has its old name and digest in what was deployed, and keeps its digest now where its content is the same.
 */
export function outputsOf({ resources }: Former, as: As): Outputs {
  const known = new Map([...resources.values()].map((one) => [`${one.type} ${nameIn(one.urn)}`, one]));
  return (type, name, inputs) => {
    const before = known.get(`${type} ${name}`);
    if (before === undefined) return undefined;
    const image = before.inputs?.["name"];
    if (type === REMOTE_IMAGE) return as === "deployed" ? { name: image } : undefined;
    if (type === REGISTRY_IMAGE)
      return as === "deployed" || inputs["name"] === image ? { sha256Digest: before.outputs?.["sha256Digest"] } : undefined;
    const { metadata } = inputs;
    const madeUp = Reflect.get(Object(before.inputs?.["metadata"]), "name");
    const isNamed = typeof metadata !== "object" || metadata === null || "name" in metadata;
    return type.startsWith("kubernetes:") && !isNamed && typeof madeUp === "string"
      ? { metadata: { ...metadata, name: madeUp } }
      : undefined;
  };
}

/** A resource of a state as a deployment declared it. */
export function declaredIn(
  { resources }: Former,
  { type, urn, parent = "", inputs = {}, retainOnDelete = false }: StateResource,
): Declared {
  const [under, within]: [string[], string[]] = [[], []];
  for (
    let above = resources.get(parent);
    above !== undefined && above.type !== "pulumi:pulumi:Stack";
    above = resources.get(above.parent ?? "")
  ) {
    under.unshift(nameIn(above.urn));
    within.unshift(above.type);
  }
  return { type, name: nameIn(urn), inputs, retained: retainOnDelete, under, within };
}

/** The last part of a URN. */
export function nameIn(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
