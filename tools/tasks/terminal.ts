import type { Terminal } from "../../components/workload/task-run.ts";
import { Problem } from "../lib/problem.ts";

/** This terminal, for a run that is typed into. @throws Problem when there is none. */
export function terminalFor(task: string): Terminal {
  if (process.stdin.isTTY && process.stdout.isTTY) return { screen: process.stdout, typeInto };
  throw new Problem(`Task "${task}" is typed into and needs a terminal; start it from one.`);
}

function typeInto(input: NodeJS.WritableStream): () => void {
  process.stdin.setRawMode(true);
  process.stdin.pipe(input);
  return () => {
    process.stdin.unpipe(input);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  };
}
