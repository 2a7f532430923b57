import { Problem } from "../lib/problem.ts";

/** @throws Problem when nobody can type. */
export function needTerminal(task: string): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new Problem(`Task "${task}" is typed into and needs a terminal; start it from one.`);
}

/** Hands what is typed on this terminal to `input` as it is typed, Ctrl-C included; returns what gives the terminal back. */
export function typedInto(input: NodeJS.WritableStream): () => void {
  process.stdin.setRawMode(true);
  process.stdin.pipe(input);
  return () => {
    process.stdin.unpipe(input);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  };
}
