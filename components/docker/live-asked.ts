import { RunError } from "@pulumi/pulumi/errors.js";

import { messageOf, statusOf } from "./api.ts";
import { engineHost } from "./engine-host.ts";

/** What `ask` resolves to; an engine that does not answer, or not this user, is a sentence with the next command. */
export async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw problemOf(error) ?? error;
  }
}

function problemOf(error: unknown): RunError | undefined {
  if (RunError.isInstance(error)) return undefined;
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const { address, chosenBy } = engineHost();
  const host = chosenBy === undefined ? address : `${address} (${chosenBy})`;
  if (code === "EACCES" || code === "EPERM")
    return new RunError(`Docker: this user may not use the engine at ${host}; sudo usermod -aG docker $USER, then log in again`);
  if (statusOf(error) !== undefined) return new RunError(`Docker: the engine at ${host} refuses: ${messageOf(error)}`);
  if (code === "") return undefined;
  const remedy = "start it (npm start does so where it may), or name one that runs: DOCKER_HOST, docker context use";
  return new RunError(`Docker: no engine answers at ${host} (${messageOf(error)}); ${remedy}`);
}
