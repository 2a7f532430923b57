import Docker from "dockerode";

import { clientOptions } from "../../components/docker/client-options.ts";
import { command } from "../daily/operated.ts";
import { type Checkpoint, checkpointOf } from "../setup/backend.ts";
import type { Stack } from "../setup/stack.ts";

const NETWORK = "docker:index/network:Network";

/** The containers that are in a network, by name; undefined where the engine has no such network. */
type Users = (network: string) => Promise<readonly string[] | undefined>;

/** Why networks of a stack are still there though it was taken down, a sentence each with what to do; none where something else went wrong. */
export async function busyNetworks(stack: Stack): Promise<string[]> {
  const names = networksIn(checkpointOf(stack)?.resources ?? []);
  const engine = new Docker(clientOptions());
  return reasonsOf(names, stack, async (name) => {
    const seen: Docker.NetworkInspectInfo | undefined = await engine
      .getNetwork(name)
      .inspect()
      .catch(() => undefined);
    return seen && Object.values(seen.Containers ?? {}).map(({ Name }) => Name);
  });
}

/** Names of the networks that a state has left, where no container is left beside them. */
export function networksIn(resources: NonNullable<Checkpoint["resources"]>): string[] {
  if (resources.some(({ type }) => type.startsWith("docker:index/container"))) return [];
  return resources.filter(({ type }) => type === NETWORK).map(({ outputs }) => String(outputs?.["name"]));
}

/** The same of networks by name; one that is not on the engine is not in the way. */
export async function reasonsOf(names: readonly string[], stack: Stack, usersOf: Users): Promise<string[]> {
  const again = `then ${command("stop", stack)}`;
  const users = await Promise.all(names.map(async (name) => ({ name, others: await usersOf(name) })));
  return users.flatMap(({ name, others }) => {
    if (others === undefined) return [];
    if (others.length === 0)
      return [`network ${name}: the engine takes it for used by a container that is gone; start the engine again, ${again}`];
    const ends = others.map((other) => `docker network disconnect ${name} ${other}`).join("; ");
    return [`network ${name} is still used by ${others.join(", ")}, not of this stack: ${ends}, ${again}`];
  });
}
