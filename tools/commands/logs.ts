import { LogPrinter } from "../daily/log-printer.ts";
import { type Meant, meantBy } from "../daily/names.ts";
import { offText } from "../daily/off.ts";
import { namedCommand, operated, sentences } from "../daily/operated.ts";
import { sinceOf } from "../daily/spans.ts";
import { untilInterrupted } from "../daily/until-interrupted.ts";
import { Problem } from "../lib/problem.ts";
import type { Stack } from "../setup/stack.ts";

export interface LogOptions {
  /** Whether to go on until an interrupt. */
  readonly follow?: boolean;
  readonly since?: string;
  readonly grep?: string;
  readonly tail?: string;
  readonly previous?: boolean;
}

/** Prints what parts of a stack log, all replicas in one stream; of no name: all parts. */
export async function logs(stack: Stack, words: readonly string[], options: LogOptions): Promise<number> {
  const { grep, since, tail } = readOptions(options, Date.now());
  const { follow = false, previous = false } = options;
  if (follow && previous) throw new Problem("--previous is of a run that has ended, and --follow of one that goes on; give one of them");
  const { operations, recorded } = await operated(stack);
  const all = await sentences(() => operations.look());
  const off = (word: string) => offText(word, stack, recorded);
  const meant =
    words.length === 0 ? all.map((workload) => ({ workload, replica: undefined })) : words.flatMap((word) => meantBy(word, all, off));
  const runs = meant.filter(({ workload }) => workload.kind !== "task");
  if (runs.length === 0) throw new Problem(taskText(meant, stack));
  const { workloads, only } = chosen(runs);
  const names = workloads
    .flatMap(({ replicas }) => replicas.map(({ name }) => name))
    .filter((name) => only.length === 0 || only.includes(name));
  const printer = new LogPrinter({
    grep,
    colours: process.stdout.isTTY === true && !process.env["NO_COLOR"],
    width: Math.max(0, ...names.map((name) => name.length)),
  });
  const { signal } = untilInterrupted();
  let printed = false;
  const line = (replica: string, text: string) => {
    const out = printer.text(replica, text);
    printed ||= out !== undefined;
    if (out !== undefined) process.stdout.write(out);
  };
  await sentences(() => operations.logs(workloads, only, { follow, previous, since, tail, signal, line }));
  if (!printed && !signal.aborted) process.stderr.write(`${nothing(options)}\n`);
  return 0;
}

/** Each workload once. A replica by its name leaves out the others of its workload only where nobody has asked for all of them. */
function chosen(meant: readonly Meant[]): { workloads: Meant["workload"][]; only: string[] } {
  const workloads = [...new Set(meant.map(({ workload }) => workload))];
  const whole = new Set(meant.flatMap(({ workload, replica }) => (replica === undefined ? [workload] : [])));
  if (whole.size === workloads.length) return { workloads, only: [] };
  const named = meant.flatMap(({ workload, replica }) => (replica === undefined ? workload.replicas : [replica]));
  return { workloads, only: [...new Set(named.map(({ name }) => name))] };
}

/** What the options say. @throws Problem with all that is wrong with them */
function readOptions(
  { since, grep, tail }: LogOptions,
  now: number,
): { grep: RegExp | undefined; since: number | undefined; tail: number | undefined } {
  const wrong: string[] = [];
  const at = since === undefined ? undefined : sinceOf(since, now);
  if (since !== undefined && at === undefined)
    wrong.push(`--since must be a span or a time, for example 10m, 2h or 2026-01-31T08:00, got "${since}"`);
  if (tail !== undefined && !/^\d{1,9}$/.test(tail)) wrong.push(`--tail must be a number of lines, got "${tail}"`);
  const found = grep === undefined ? undefined : expressionOf(grep);
  if (typeof found === "string") wrong.push(`--grep must be a regular expression: ${found}`);
  if (wrong.length > 0) throw new Problem(wrong.join("\n"));
  return { grep: found instanceof RegExp ? found : undefined, since: at, tail: tail === undefined ? undefined : Number(tail) };
}

function expressionOf(text: string): RegExp | string {
  try {
    return new RegExp(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function taskText(meant: readonly Meant[], stack: Stack): string {
  const name = meant[0]?.workload.name ?? "";
  return `"${name}" is a task: the command that starts it shows what it prints; ${namedCommand("task", name, stack)}`;
}

function nothing({ previous = false, since, grep }: LogOptions): string {
  if (previous) return "nothing was written before the last end: none of these has ended since it was made";
  return since === undefined && grep === undefined ? "nothing has been written yet" : "no line is as asked for";
}
