import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { TestStack } from "../support/stack.ts";

/** What a command came to. */
export interface Ended {
  readonly code: number;
  readonly text: string;
}

/** The commands of a user on a stack of the project's own folder, as npm starts them, with a state of their own. */
export class Commands {
  /** The line in the environment of all processes that belong to the stack, by which they are found. */
  readonly mark: string;
  private readonly stack: TestStack;
  private readonly state: string;

  constructor(stack: TestStack) {
    this.stack = stack;
    this.state = join(stack.home, "state");
    this.mark = `MLSTACK_STATE=${this.state}`;
  }

  /** A state without anything, as on a new machine; `pulumi` without more words works on it from now on. */
  async begin(): Promise<void> {
    rmSync(this.state, { recursive: true, force: true });
    mkdirSync(this.state);
    writeFileSync(join(this.state, "passphrase"), "test", { mode: 0o600 });
    this.stack.variables["MLSTACK_STATE"] = this.state;
    const { code, text } = await ended(this.started("env"));
    if (code !== 0) throw new Error(text);
    const lines = text.matchAll(/^export (\w+)='(.*)'$/gm);
    Object.assign(this.stack.variables, Object.fromEntries([...lines].map(([, name = "", value = ""]) => [name, value])));
  }

  /** `npm start` and its like. */
  run(command: "start" | "repair" | "stop"): Promise<Ended> {
    return ended(this.started(command, "--stack", this.stack.name));
  }

  /** Pulumi without anything around it, after `eval "$(npm run -s env)"`. */
  pulumi(...words: string[]): Promise<Ended> {
    return ended(this.startedPulumi(...words));
  }

  /** A deployment that is to be killed, by `npm start` or by Pulumi alone. */
  deployment(by: "start" | "pulumi"): ChildProcess {
    return by === "start"
      ? this.started("start", "--stack", this.stack.name)
      : this.startedPulumi("up", "--yes", "--skip-preview", "--suppress-outputs");
  }

  private started(...words: string[]): ChildProcess {
    const folder = join(this.stack.home, "project");
    return this.spawned(process.execPath, [join(folder, "tools", "cli.ts"), ...words], folder);
  }

  private startedPulumi(...words: string[]): ChildProcess {
    return this.spawned("pulumi", [...words, "--stack", this.stack.name, "--non-interactive", "--color", "never"], this.stack.folder);
  }

  private spawned(program: string, words: readonly string[], cwd: string): ChildProcess {
    const env = { ...process.env, ...this.stack.environment, CI: "true" };
    // In a group of its own, as in a terminal of its own.
    return spawn(program, [...words], { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  }
}

/** Everything that a process printed until its end. @param event `exit` where processes that it started may live on, and hold its output */
export async function ended(child: ChildProcess, event: "close" | "exit" = "close"): Promise<Ended> {
  const parts: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => parts.push(part.toString()));
  const [code] = await once(child, event);
  return { code: Number(code ?? 1), text: parts.join("") };
}
