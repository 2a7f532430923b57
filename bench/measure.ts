import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

import { mustRun, type RunOptions } from "../tools/lib/run.ts";

/** What one run cost. */
export interface Cost {
  readonly seconds: number;
  /** Most memory that any one of its processes held, in MB. */
  readonly megabytes: number;
}

/** Runs a program that must succeed, and where it is Pulumi, watches its memory and that of all it starts. */
export async function cost(program: string, args: readonly string[], options: RunOptions): Promise<Cost> {
  const peak = new Map<string, number>();
  const backend = options.env?.["PULUMI_BACKEND_URL"];
  const watch = setInterval(() => backend !== undefined && look(peak, `PULUMI_BACKEND_URL=${backend}\0`), 50);
  const started = performance.now();
  try {
    await mustRun("bench", program, args, options);
  } finally {
    clearInterval(watch);
  }
  return { seconds: (performance.now() - started) / 1000, megabytes: Math.max(0, ...peak.values()) };
}

/** How long several steps take together. */
export async function timed(work: () => Promise<void>): Promise<Cost> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000, megabytes: 0 };
}

/**
 * Pulumi, its providers and the program, which all inherit where this run's state is; others' on the same machine do not
 * count. The high-water mark only grows, so that no look can miss it by much.
 */
function look(peak: Map<string, number>, mark: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark)) continue;
      const high = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      peak.set(pid, Math.max(peak.get(pid) ?? 0, Number(high ?? 0) / 1024));
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
