import { type Checkpoint, checkpointOf } from "./backend.ts";
import { trackedSettings } from "./layers.ts";
import type { Stack } from "./stack.ts";

type Resources = NonNullable<Checkpoint["resources"]>;

/** In the URN of the resource that keeps a state's id: the platform that it is of. */
const OWNER = /\$?mlstack:(docker|kubernetes):Platform\$pulumi:index:Stash::owner$/;

/**
 * Removes from the engine or cluster what an interrupted deployment has made and could not record: a provider that was killed, or
 * an engine that ended in the middle, leaves nothing in the state that says so.
 *
 * @returns what was removed, as messages name it · @throws where the engine or cluster does not answer
 */
export async function removeLeftovers(stack: Stack): Promise<string[]> {
  const { resources = [] } = checkpointOf(stack) ?? {};
  for (const { urn, outputs } of resources) {
    const target = OWNER.exec(urn)?.[1];
    const owner = outputs?.["output"];
    if (target === undefined || typeof owner !== "string") continue;
    return target === "docker" ? onDocker(owner, resources) : onKubernetes(stack, owner, resources);
  }
  return [];
}

async function onDocker(owner: string, resources: Resources): Promise<string[]> {
  const { removeDockerLeftovers } = await import("../../components/docker/leftovers.ts");
  return removeDockerLeftovers(owner, new Set(resources.flatMap(({ id }) => id ?? [])));
}

async function onKubernetes(stack: Stack, owner: string, resources: Resources): Promise<string[]> {
  const [{ Cluster }, { removeClusterLeftovers }] = await Promise.all([
    import("../../components/kubernetes/cluster.ts"),
    import("../../components/kubernetes/leftovers.ts"),
  ]);
  const objects = resources.flatMap(({ type, id = "" }) => (type.startsWith("kubernetes:") ? [{ kind: type.split(":").at(-1), id }] : []));
  // An id is `namespace/name`, or the name alone of what is in no namespace.
  const namespaces = [...new Set(objects.flatMap(({ id }) => (id.includes("/") ? [id.split("/")[0] ?? ""] : [])))];
  const known = new Set(objects.map(({ kind, id }) => `${kind}/${id.split("/").at(-1)}`));
  const whose = { stack: `${stack.project}.${stack.name}`, owner, namespaces, known };
  return removeClusterLeftovers(new Cluster(contextOf(stack), { orCurrent: true }), whose);
}

function contextOf(stack: Stack): string | undefined {
  const { context }: { context?: unknown } = Object(trackedSettings(stack)["platform"]);
  return typeof context === "string" ? context : undefined;
}
