import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

import { ROOT } from "./folders.ts";

/** How a program runs on this terminal. */
export interface TerminalOptions {
  /** Default: the project's folder. */
  readonly cwd?: string;
  /** In the place of what is typed; the program finds its end behind it. */
  readonly input?: string;
  /** File that gets its output in the place of the terminal. */
  readonly log?: string;
}

/** Runs a program on this terminal; returns its exit code. */
export function onTerminal(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { cwd = ROOT, input, log }: TerminalOptions = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const stdin = input === undefined ? "inherit" : "pipe";
    const output = log === undefined ? undefined : openSync(log, "w");
    const out = output ?? "inherit";
    const child = spawn(program, [...args], { cwd, stdio: [stdin, out, out], env: { ...process.env, ...env } });
    if (output !== undefined) closeSync(output);
    // A program may end without reading all of its input.
    child.stdin?.on("error", () => {}).end(input);
    // The terminal sends an interrupt to the program too, which then ends in good order: this process waits for it.
    const wait = () => {};
    process.on("SIGINT", wait);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.off("SIGINT", wait);
      resolve(signal === null ? (code ?? 1) : 130);
    });
  });
}
