import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import type { TestStack } from "./stack.ts";

const PROGRAM = fileURLToPath(new URL("task.ts", import.meta.url));

/** How a started task ended. */
export interface Ended {
  readonly code: number;
  /** What it printed. */
  readonly output: string;
  /** What the command wrote besides; with a terminal both are one. */
  readonly said: string;
}

/** A started task. */
export interface TaskRun {
  readonly command: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a task of a stack as a user does. @param typed what is typed into it on a terminal; default: it has none */
export function startTask(stack: TestStack, words: readonly string[], typed?: string): TaskRun {
  const line = [process.execPath, PROGRAM, stack.folder, stack.name, ...words];
  const [program = "", ...args] = typed === undefined ? line : ["script", "-qefc", line.map(quoted).join(" "), "/dev/null"];
  const command = spawn(program, args, { env: { ...process.env, ...stack.environment } });
  command.stdin.end(typed);
  const ended = Promise.all([text(command.stdout), text(command.stderr), new Promise<number>((resolve) => command.once("close", resolve))]);
  return { command, ended: ended.then(([output, said, code]) => ({ code, output, said })) };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
