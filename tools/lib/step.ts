import { performance } from "node:perf_hooks";
import { isCI, isTTY, type SpinnerResult, spinner } from "@clack/prompts";

import { lockFile } from "./folders.ts";
import { underLock } from "./lock.mjs";

/** Shows what a step does meanwhile, e.g. the last line that a build printed. */
export type Report = (detail: string) => void;

/** Milliseconds between two lines of a step that goes on, where no terminal shows its timer. */
const AGAIN = 10_000;

/** What all steps do that are under way, in one line of a terminal. */
class Progress {
  private readonly details = new Map<string, string>();
  private shown: SpinnerResult | undefined;

  say(name: string, detail: string): void {
    this.details.set(name, detail);
    const text = [...this.details].map(([step, what]) => (what === "" ? step : `${step}: ${what.slice(0, 80)}`)).join(" · ");
    if (this.shown === undefined) {
      this.shown = spinner({ output: process.stderr, indicator: "timer" });
      this.shown.start(text);
    } else this.shown.message(text);
  }

  end(name: string): void {
    this.details.delete(name);
    this.shown?.clear();
    this.shown = undefined;
  }

  /** Shows what else is under way, below what was written meanwhile. */
  goOn(): void {
    const [other] = this.details;
    if (other !== undefined) this.say(...other);
  }
}
const progress = new Progress();

/**
 * One step of the set-up: its name, and what was found or made, with the time it took. On a terminal the current detail is
 * shown while it runs; elsewhere only slow steps say that they have begun, and every ten seconds that they go on.
 */
export async function step<T>(name: string, work: (report: Report) => Promise<{ summary: string; value: T }>): Promise<T> {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const isAnimated = isTTY(process.stderr) && !isCI();
  let timer: NodeJS.Timeout | undefined;
  const report: Report = (detail) => {
    if (isAnimated) return progress.say(name, detail);
    const write = () => process.stderr.write(`• ${name}: ${detail} (${seconds()} s)\n`);
    write();
    clearInterval(timer);
    timer = setInterval(write, AGAIN);
  };
  const end = (line: string) => {
    clearInterval(timer);
    progress.end(name);
    process.stderr.write(line);
    progress.goOn();
  };
  if (isAnimated) progress.say(name, "");
  try {
    const { summary, value } = await work(report);
    end(`✓ ${name}: ${summary}, ${seconds()} s\n`);
    return value;
  } catch (error) {
    end(`✗ ${name}, ${seconds()} s\n`);
    throw error;
  }
}

/** Steps side by side; those that are under way when one fails come to their end first, so that nothing goes on behind the error. */
export async function sideBySide<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

/** Work of a step that only one command at a time may do, e.g. a build: a second one waits, and says so. */
export function alone<T>(name: string, report: Report, work: () => Promise<T>): Promise<T> {
  return underLock(lockFile(name), work, (pid) => report(`waiting for another command that is at it (process ${pid})`));
}
