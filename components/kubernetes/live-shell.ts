import { PassThrough } from "node:stream";
import type { V1Status } from "@kubernetes/client-node";
import { Exec } from "@kubernetes/client-node/dist/exec.js";
import { RunError } from "@pulumi/pulumi/errors.js";

import { type LiveReplica, noShell, noSuchProgram, SHELL, type ShellRequest, terminalOf } from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";

/** What a node says where a program is not in an image. */
const NOT_FOUND = /executable file not found|no such file or directory/i;

/** Runs a command in a pod's container, on the terminal where there is one; resolves to its exit code. */
export async function runInside(
  { config }: Pick<Cluster, "config">,
  namespace: string,
  container: string,
  { name, object }: LiveReplica,
  request: ShellRequest,
): Promise<number> {
  const { command, input, output, errors } = request;
  const terminal = terminalOf(request);
  const typed = new PassThrough();
  const words = command.length === 0 ? SHELL : [...command];
  const ended = Promise.withResolvers<V1Status | undefined>();
  const socket = await new Exec(config).exec(
    namespace,
    object,
    container,
    words,
    output,
    terminal === undefined ? through(errors) : null,
    typed,
    terminal !== undefined,
    (status) => ended.resolve(status),
  );
  socket.onclose = () => ended.resolve(undefined);
  socket.onerror = () => ended.resolve(undefined);
  const stop = terminal === undefined ? piped(input, typed) : terminal.typeInto(typed);
  const status = await ended.promise.finally(stop);
  socket.close();
  if (status === undefined) throw new RunError(`the connection to ${name} ended early; is it still there? npm run status`);
  if (status.status === "Success") return 0;
  if (NOT_FOUND.test(status.message ?? "")) throw new RunError(command.length === 0 ? noShell(name) : noSuchProgram(name, command));
  return exitCodeIn(status) ?? 1;
}

/** What the command left, in the words of the API. */
export function exitCodeIn({ details }: Pick<V1Status, "details">): number | undefined {
  const code = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  return code === undefined ? undefined : Number(code);
}

function piped(input: NodeJS.ReadStream, program: PassThrough): () => void {
  input.pipe(program);
  return () => {
    input.unpipe(program);
    input.pause();
  };
}

/** The client ends what it writes errors to, and this is the command's own. */
function through(errors: NodeJS.WritableStream): PassThrough {
  const stream = new PassThrough();
  stream.pipe(errors, { end: false });
  return stream;
}
