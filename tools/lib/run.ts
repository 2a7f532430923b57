import { x } from "tinyexec";

import { Problem } from "./problem.ts";

/** How a program is started. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input, which ends behind it; default: nothing, so that no program waits for input that never comes. */
  readonly input?: string;
  /** Called with every line of output while the program runs. */
  readonly onLine?: (line: string) => void;
}

/** The end of a program. */
export interface Outcome {
  readonly code: number;
  /** Standard output and error together, in the order they came. */
  readonly text: string;
  /** Standard output alone. */
  readonly output: string;
}

/** Runs a program to its end and returns what it printed. A program that cannot be started has code 127. */
export async function run(program: string, args: readonly string[], { cwd, env, input = "", onLine }: RunOptions = {}): Promise<Outcome> {
  const lines: string[] = [];
  const parts: Buffer[] = [];
  const nodeOptions = { ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }) };
  const process = x(program, [...args], { nodeOptions, stdin: input });
  process.process?.stdout?.on("data", (part: Buffer) => parts.push(part));
  // A program may end without reading all of its input.
  process.process?.stdin?.on("error", () => {});
  try {
    for await (const line of process) {
      lines.push(line);
      onLine?.(line);
    }
  } catch (error) {
    return { code: 127, text: error instanceof Error ? error.message : String(error), output: "" };
  }
  return { code: process.exitCode ?? 1, text: lines.join("\n"), output: Buffer.concat(parts).toString() };
}

/** The same, for a program that has to succeed; returns its standard output. @throws Problem with its last 15 lines */
export async function mustRun(what: string, program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, text, output } = await run(program, args, options);
  if (code === 0) return output;
  const last = text.split("\n").slice(-15).join("\n");
  throw new Problem(`${what}: \`${program} ${args.join(" ")}\` failed with exit code ${code}\n${last}`);
}
