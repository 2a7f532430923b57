import { PassThrough, Writable } from "node:stream";
import type { WriteStream } from "node:tty";

import type { RunOwner, TaskRequest, Terminal } from "../../components/workload/task-run.ts";
import { Interruption } from "../../tools/lib/interruption.ts";

/** Collects what is written to it. */
export class Written extends Writable {
  text = "";

  override _write(part: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += part.toString("utf8");
    done();
  }
}

/** A terminal of a test. */
export const A_TERMINAL: Terminal = { screen: new PassThrough() as unknown as WriteStream, typeInto: () => () => {} };

/** A command that has the id `here:1`, and knows of none that has ended. */
export const AN_OWNER: RunOwner = { id: "here:1", hasEnded: () => false };

/** A request for a run, with no arguments and no terminal, and what it wrote. */
export function aTaskRequest(changes: Partial<TaskRequest> = {}) {
  const [output, errors] = [new Written(), new Written()];
  const request: TaskRequest = { args: [], output, errors, owner: AN_OWNER, interruption: new Interruption(), ...changes };
  return { request, output, errors };
}
