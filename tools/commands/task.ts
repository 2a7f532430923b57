import { ROOT } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { run } from "../lib/run.ts";
import { DEV } from "../setup/stack.ts";
import { Ending, type Wish } from "../tasks/ending.ts";
import { type Launch, launchOf } from "../tasks/launch.ts";
import { needTerminal } from "../tasks/terminal.ts";

/** What the command line says. */
export interface TaskOptions {
  readonly stack?: string;
  /** Folder of the Pulumi project; default: this one. */
  readonly cwd?: string;
  /** Typed into on this terminal, also where the task says nothing of it. */
  readonly interactive?: boolean;
}

/**
 * Starts a task that a stack has declared, shows what it prints and removes it; returns its exit code. An interrupt
 * stops it in good order (130), as its deadline does (124).
 *
 * @param name of the task · @param args in the place of its own
 */
export async function task(
  env: Readonly<Record<string, string>>,
  name: string | undefined,
  args: readonly string[],
  { stack = DEV, cwd = ROOT, interactive = false }: TaskOptions = {},
): Promise<number> {
  const launch = launchOf(await outputsOf(stack, cwd, env), name, stack);
  const typed = interactive || launch.interactive;
  if (typed) needTerminal(launch.name);
  const ending = new Ending();
  ending.onSignals();
  try {
    const code = await started(launch, { args, interactive: typed, ending });
    const said = farewell(launch.name, code, ending);
    if (said !== undefined) process.stderr.write(`${said}\n`);
    return ending.early?.code ?? code;
  } finally {
    ending.over();
  }
}

/** Each engine's client is loaded only where it is used. */
async function started(launch: Launch, wish: Wish): Promise<number> {
  if (launch.platform === "docker") return (await import("../tasks/docker.ts")).runOnDocker(launch, wish);
  return (await import("../tasks/kubernetes.ts")).runOnKubernetes(launch, wish);
}

/** What is said of an end that is no success. */
export function farewell(name: string, code: number, { early }: Pick<Ending, "early">): string | undefined {
  if (early !== undefined) return `Task "${name}" ${early.why ?? "was interrupted"}`;
  return code === 0 ? undefined : `Task "${name}" ended with exit code ${code}`;
}

async function outputsOf(stack: string, cwd: string, env: Readonly<Record<string, string>>): Promise<unknown> {
  const { code, text } = await run("pulumi", ["stack", "output", "--json", "--stack", stack, "--non-interactive"], { cwd, env });
  if (code === 0) return JSON.parse(text);
  throw new Problem(`Stack "${stack}" cannot be read: ${text.trim().split("\n").at(-1)}`);
}
