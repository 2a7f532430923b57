import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

import { mustRun, type RunOptions } from "../tools/lib/run.ts";

/** What one run cost. */
export interface Cost {
  readonly seconds: number;
  /** Most memory that any one of its processes held, in MB. */
  readonly megabytes: number;
  /** Seconds of a processor that all of them took together; 0 where they are not watched. */
  readonly processor: number;
}

/** What one process has had so far. */
interface Had {
  readonly megabytes: number;
  readonly processor: number;
}

/** Ticks of the kernel's clock in a second. */
const TICKS = 100;

/** Runs a program that must succeed, and where it is Pulumi, watches its memory and processor time and those of all it starts. */
export async function cost(program: string, args: readonly string[], options: RunOptions): Promise<Cost> {
  const all = new Map<string, Had>();
  const backend = options.env?.["PULUMI_BACKEND_URL"];
  const watch = setInterval(() => backend !== undefined && look(all, `PULUMI_BACKEND_URL=${backend}\0`), 50);
  const started = performance.now();
  try {
    await mustRun("bench", program, args, options);
  } finally {
    clearInterval(watch);
  }
  const seconds = (performance.now() - started) / 1000;
  const had = [...all.values()];
  return {
    seconds,
    megabytes: Math.max(0, ...had.map((one) => one.megabytes)),
    processor: had.reduce((sum, one) => sum + one.processor, 0),
  };
}

/** How long several steps take together. */
export async function timed(work: () => Promise<void>): Promise<Cost> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000, megabytes: 0, processor: 0 };
}

/**
 * Pulumi, its providers and the program, which all inherit where this run's state is; others' on the same machine do not
 * count. Both figures only grow, so that the last look at a process misses little of them.
 */
function look(all: Map<string, Had>, mark: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark)) continue;
      const high = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      // Behind the name, which may have spaces: the 12th and 13th are the times of its own and of the kernel for it.
      const [user = 0, system = 0] = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ")
        .slice(11, 13)
        .map(Number);
      all.set(pid, { megabytes: Math.max(all.get(pid)?.megabytes ?? 0, Number(high ?? 0) / 1024), processor: (user + system) / TICKS });
    } catch {
      // It ended between two looks.
    }
  }
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** `median (least … most)`, to two places. */
export function spread(values: readonly number[]): string {
  return `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} … ${Math.max(...values).toFixed(2)})`;
}
