import { spawn } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import type { TestStack } from "./stack.ts";

const CLI = fileURLToPath(new URL("../../tools/cli.ts", import.meta.url));

/** What a command came to. */
export interface Daily {
  readonly code: number;
  /** What it printed to its output, and to both. */
  readonly output: string;
  readonly text: string;
}

/** Runs `npm run COMMAND` on a test's stack, e.g. `daily(stack, "logs", "api")`. Words behind `--` are the last. */
export async function daily(stack: TestStack, command: string, ...words: string[]): Promise<Daily> {
  const own = words.indexOf("--") < 0 ? words.length : words.indexOf("--");
  const args = [CLI, command, ...words.slice(0, own), "-s", stack.name, "-C", stack.folder, ...words.slice(own)];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...stack.variables, MLSTACK_STATE: stateOf(stack) },
  });
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.once("exit", (status) => resolve(status ?? 1))),
  ]);
  return { code, output, text: `${output}${errors}` };
}

/** The commands look for a stack's state where `npm start` puts it. */
function stateOf({ home }: TestStack): string {
  const folder = join(home, "state");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "backend"))) symlinkSync(home, join(folder, "backend"));
  return folder;
}
