import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { RunError } from "@pulumi/pulumi/errors.js";
import Docker from "dockerode";

import { type LiveReplica, noShell, noSuchProgram, oneLine, SHELL, type ShellRequest, terminalOf } from "../workload/adapter/index.ts";
import { messageOf } from "./api.ts";
import { clientOptions } from "./client-options.ts";

/** What the engine says where a program is not in an image. */
const NOT_FOUND = /executable file not found|no such file or directory/i;

/** Begins what the engine says of a command that it cannot start. */
const REFUSAL = "OCI runtime exec failed:";

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
  const refusal = new Refused(output);
  if (terminal === undefined) {
    container.modem.demuxStream(stream, refusal, errors);
    input.pipe(stream);
    await ended;
    input.unpipe(stream);
    input.pause();
  } else {
    stream.pipe(refusal);
    const stopTyping = terminal.typeInto(stream);
    const resize = () => void exec.resize({ h: output.rows, w: output.columns }).catch(() => {});
    resize();
    output.on("resize", resize);
    await ended;
    output.off("resize", resize);
    stopTyping();
  }
  const { ExitCode } = await exec.inspect();
  if (refusal.said === undefined) return ExitCode ?? 1;
  throw NOT_FOUND.test(refusal.said) ? missing() : new RunError(`${name}: ${oneLine(refusal.said)}`);
}

/** Passes on what a command writes, but for what the engine writes in its place where it cannot start it. */
export class Refused extends Writable {
  /** What the engine wrote; undefined where the command was started. */
  said: string | undefined;
  private readonly output: NodeJS.WritableStream;
  private first = true;

  constructor(output: NodeJS.WritableStream) {
    super();
    this.output = output;
  }

  override _write(part: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const isRefusal = this.first && part.toString("utf8").startsWith(REFUSAL);
    this.first = false;
    if (!isRefusal) return void this.output.write(part, done);
    this.said = part.toString("utf8");
    done();
  }
}
