import type Docker from "dockerode";

import { EngineApi } from "./api.ts";
import { COMMAND_LABEL, OWNER_LABEL } from "./labels.ts";

/** What is asked of the engine. */
type Api = Pick<EngineApi, "get" | "end">;

/**
 * Removes the containers and networks that an interrupted deployment made and that its state does not know. Runs of tasks are no
 * part of a state. Volumes stay: they may hold data that were meant to outlive the stack.
 *
 * @param owner the state's id, by which all it made is labelled · @param known ids of what the state knows
 * @returns what was removed, as messages name it
 */
export async function removeDockerLeftovers(owner: string, known: ReadonlySet<string>, api: Api = new EngineApi()): Promise<string[]> {
  const filters = JSON.stringify({ label: [`${OWNER_LABEL}=${owner}`] });
  const containers = await api.get<Docker.ContainerInfo[]>("/containers/json", { all: true, filters });
  const left = containers.filter(({ Id, Labels }) => !known.has(Id) && !(COMMAND_LABEL in (Labels ?? {})));
  for (const { Id } of left) {
    await api.end(`/containers/${Id}/stop`);
    await api.end(`/containers/${Id}`, "DELETE");
  }
  const networks = (await api.get<Docker.NetworkInspectInfo[]>("/networks", { filters })).filter(({ Id }) => !known.has(Id));
  // One that something else has joined stays as long as that does: the engine refuses it.
  for (const { Id } of networks) await api.end(`/networks/${Id}`, "DELETE");
  return [
    ...left.map(({ Id, Names }) => `container "${(Names[0] ?? Id).replace(/^\//, "")}"`),
    ...networks.map(({ Name }) => `network "${Name}"`),
  ];
}
