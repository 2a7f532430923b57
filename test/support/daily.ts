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
  const child = started(stack, command, words);
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
  return { code, output, text: `${output}${errors}` };
}

/** The same of one that goes on until Ctrl-C, which comes when `seen` is content with its output, or it takes longer than `limit` seconds. */
export async function dailyUntil(
  stack: TestStack,
  command: string,
  words: readonly string[],
  seen: (output: string) => boolean | Promise<boolean>,
  limit = 60,
): Promise<Daily> {
  const child = started(stack, command, words);
  const errors = text(child.stderr);
  let output = "";
  let asked = Promise.resolve(false);
  const interrupt = () => child.kill("SIGINT");
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    output += part;
    const printed = output;
    asked = asked.then(async (done) => done || ((await seen(printed)) && interrupt())).catch(() => interrupt());
  });
  const timer = setTimeout(interrupt, limit * 1000);
  const code = await ended(child);
  clearTimeout(timer);
  await asked;
  return { code, output, text: `${output}${await errors}` };
}

function started(stack: TestStack, command: string, words: readonly string[]) {
  const own = words.indexOf("--") < 0 ? words.length : words.indexOf("--");
  const args = [CLI, command, ...words.slice(0, own), "-s", stack.name, "-C", stack.folder, ...words.slice(own)];
  return spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...stack.variables, MLSTACK_STATE: stateOf(stack) },
  });
}

function ended(child: ReturnType<typeof started>): Promise<number> {
  return new Promise((resolve) => child.once("close", (status) => resolve(status ?? 1)));
}

/** The commands look for a stack's state where `npm start` puts it. */
function stateOf({ home }: TestStack): string {
  const folder = join(home, "state");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "backend"))) symlinkSync(home, join(folder, "backend"));
  return folder;
}
