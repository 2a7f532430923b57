import { RunError } from "@pulumi/pulumi/errors.js";

import type { RunInterruption } from "../../components/workload/task-run.ts";
import { ROOT } from "../lib/folders.ts";
import { Interruption } from "../lib/interruption.ts";
import { Problem } from "../lib/problem.ts";
import { run } from "../lib/run.ts";
import { DEV } from "../setup/stack.ts";
import { launchOf } from "../tasks/launch.ts";
import { THIS_COMMAND } from "../tasks/owner.ts";
import { terminalFor } from "../tasks/terminal.ts";

/** What the command line says. */
export interface TaskOptions {
  readonly stack?: string;
  /** Folder of the Pulumi project; default: this one. */
  readonly cwd?: string;
  /** Whether to type into it on this terminal, even where the task is not declared interactive. */
  readonly interactive?: boolean;
}

/**
 * Starts a task that a stack has declared, shows what it prints and removes it; returns its exit code. An interrupt
 * stops it gracefully (130), as its deadline does (124).
 *
 * @param name of the task · @param args in place of its own
 */
export async function task(
  env: Readonly<Record<string, string>>,
  name: string | undefined,
  args: readonly string[],
  { stack = DEV, cwd = ROOT, interactive = false }: TaskOptions = {},
): Promise<number> {
  // Loaded while Pulumi reads the stack, and by no other command.
  const [outputs, { runTask }] = await Promise.all([outputsOf(stack, cwd, env), import("../../infra/platform.ts")]);
  const launch = launchOf(outputs, name, stack);
  const terminal = interactive || launch.interactive ? terminalFor(launch.name) : undefined;
  const interruption = new Interruption();
  interruption.listenToSignals();
  const streams = { output: process.stdout, errors: process.stderr };
  try {
    const code = await runTask(launch, { args, terminal, ...streams, owner: THIS_COMMAND, interruption });
    const message = endMessage(launch.name, code, interruption);
    if (message !== undefined) process.stderr.write(`${message}\n`);
    return interruption.cause?.code ?? code;
  } catch (error) {
    throw RunError.isInstance(error) ? new Problem(error.message) : error;
  } finally {
    interruption.close();
  }
}

/** What the user reads of an end that is no success. */
export function endMessage(name: string, code: number, { cause }: Pick<RunInterruption, "cause">): string | undefined {
  if (cause !== undefined) return `Task "${name}" ${cause.why ?? "was interrupted"}`;
  return code === 0 ? undefined : `Task "${name}" ended with exit code ${code}`;
}

async function outputsOf(stack: string, cwd: string, env: Readonly<Record<string, string>>): Promise<unknown> {
  const { code, text } = await run("pulumi", ["stack", "output", "--json", "--stack", stack, "--non-interactive"], { cwd, env });
  if (code === 0) return JSON.parse(text);
  throw new Problem(`Stack "${stack}" cannot be read: ${text.trim().split("\n").at(-1)}`);
}
