import { RunError } from "@pulumi/pulumi/errors.js";

import { oneLine } from "../workload/adapter/index.ts";
import { ApiError, type Cluster } from "./cluster.ts";

/** What `ask` resolves to; a cluster that does not answer, or not this user, is a sentence with the next command. */
export async function asked<T>(
  { server, context }: Pick<Cluster, "server" | "context">,
  namespace: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    // The client of connections in both directions wraps what went wrong into an event.
    const error: unknown = Object(thrown).error ?? thrown;
    if (RunError.isInstance(error)) throw error;
    const status = error instanceof ApiError ? error.status : handshakeStatus(error);
    const reason = messageOf(error);
    const where = `${server} (context "${context}")`;
    if (status === 401) throw new RunError(`Kubernetes: ${where} does not know this user: ${reason}; log in again`);
    if (status === 403)
      throw new RunError(
        `Kubernetes: ${where} does not let this user do that in namespace "${namespace}": ${reason}; ask for a role that may`,
      );
    if (status !== undefined) throw new RunError(`Kubernetes: ${where} refuses: ${reason}`);
    if (!isConnection(error)) throw error;
    throw new RunError(
      `Kubernetes: no cluster answers at ${where}: ${reason}; start it or log in, or name another context: platform.context, kubectl config use-context`,
    );
  }
}

/** Status of a refused upgrade to a connection in both directions, of which its client says no more. */
function handshakeStatus(error: unknown): number | undefined {
  const status = /Unexpected server response: (\d+)/.exec(messageOf(error))?.[1];
  return status === undefined ? undefined : Number(status);
}

function isConnection(error: unknown): boolean {
  return error instanceof Error && ("code" in error || error.message.startsWith("no answer within"));
}

function messageOf(error: unknown): string {
  const { message, code }: { message?: unknown; code?: unknown } = Object(error);
  return oneLine(String(message || code || error));
}
