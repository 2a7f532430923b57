import { finished } from "node:stream/promises";
import { RunError } from "@pulumi/pulumi/errors.js";
import Docker from "dockerode";

import { type LiveReplica, noShell, noSuchProgram, SHELL, type ShellRequest, terminalOf } from "../workload/adapter/index.ts";
import { messageOf } from "./api.ts";
import { clientOptions } from "./client-options.ts";

/** What the engine says where a program is not in an image. */
const NOT_FOUND = /executable file not found|no such file or directory/i;

/** Runs a command in a container, on the terminal where there is one; resolves to its exit code. */
export async function runInside({ name, object }: LiveReplica, request: ShellRequest): Promise<number> {
  const container = new Docker(clientOptions()).getContainer(object);
  const { command, input, output, errors } = request;
  const terminal = terminalOf(request);
  const exec = await container.exec({
    Cmd: command.length === 0 ? SHELL : [...command],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: terminal !== undefined,
  });
  const missing = () => new RunError(command.length === 0 ? noShell(name) : noSuchProgram(name, command));
  const stream = await exec.start({ hijack: true, stdin: true, Tty: terminal !== undefined }).catch((error: unknown) => {
    throw NOT_FOUND.test(messageOf(error)) ? missing() : error;
  });
  const ended = finished(stream, { writable: false }).catch(() => {});
  if (terminal === undefined) {
    container.modem.demuxStream(stream, output, errors);
    input.pipe(stream);
    await ended;
    input.unpipe(stream);
    input.pause();
  } else {
    stream.pipe(output, { end: false });
    const stopTyping = terminal.typeInto(stream);
    const resize = () => void exec.resize({ h: output.rows, w: output.columns }).catch(() => {});
    resize();
    output.on("resize", resize);
    await ended;
    output.off("resize", resize);
    stopTyping();
  }
  const { ExitCode } = await exec.inspect();
  // The engine ends what it could not start with one of a shell's codes, and says why in the output.
  if (ExitCode === 127 && command.length === 0) throw missing();
  return ExitCode ?? 1;
}
