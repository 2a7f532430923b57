import { x } from "tinyexec";

import { Problem } from "./problem.ts";

/** How a program is started. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with every line of output while the program runs. */
  readonly onLine?: (line: string) => void;
}

/** What a program left. */
export interface Outcome {
  readonly code: number;
  /** Standard output and error together, in the order they came. */
  readonly text: string;
}

/** Runs a program to its end and keeps what it printed. A program that cannot be started has code 127. */
export async function run(program: string, args: readonly string[], { cwd, env, onLine }: RunOptions = {}): Promise<Outcome> {
  const lines: string[] = [];
  const process = x(program, [...args], { nodeOptions: { ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }) } });
  try {
    for await (const line of process) {
      lines.push(line);
      onLine?.(line);
    }
  } catch (error) {
    return { code: 127, text: error instanceof Error ? error.message : String(error) };
  }
  return { code: process.exitCode ?? 1, text: lines.join("\n") };
}

/** The same, for a program that has to succeed. */
export async function mustRun(what: string, program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, text } = await run(program, args, options);
  if (code === 0) return text;
  const last = text.split("\n").slice(-15).join("\n");
  throw new Problem(`${what}: \`${program} ${args.join(" ")}\` failed with exit code ${code}\n${last}`);
}
