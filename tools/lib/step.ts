import { performance } from "node:perf_hooks";
import { isCI, isTTY, spinner } from "@clack/prompts";

import { lockFile } from "./folders.ts";
import { underLock } from "./lock.mjs";

/** Shows what a step does meanwhile, e.g. the last line that a build printed. */
export type Report = (detail: string) => void;

/**
 * One step of the set-up: its name, and what was found or made, with the time it took. On a terminal the current detail is
 * shown while it runs; elsewhere only slow steps say that they have begun.
 */
export async function step<T>(name: string, work: (report: Report) => Promise<{ summary: string; value: T }>): Promise<T> {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const animated = isTTY(process.stderr) && !isCI() ? spinner({ output: process.stderr, indicator: "timer" }) : undefined;
  animated?.start(name);
  const report: Report = (detail) => {
    if (animated !== undefined) animated.message(`${name}: ${detail.slice(0, 80)}`);
    else process.stderr.write(`• ${name}: ${detail} (${seconds()} s)\n`);
  };
  try {
    const { summary, value } = await work(report);
    animated?.clear();
    process.stderr.write(`✓ ${name}: ${summary}, ${seconds()} s\n`);
    return value;
  } catch (error) {
    animated?.clear();
    process.stderr.write(`✗ ${name}, ${seconds()} s\n`);
    throw error;
  }
}

/** Work of a step that only one command at a time may do, e.g. a build: a second one waits, and says so. */
export function alone<T>(name: string, report: Report, work: () => Promise<T>): Promise<T> {
  return underLock(lockFile(name), work, (pid) => report(`waiting for another command that is at it (process ${pid})`));
}
