import { setTimeout as after } from "node:timers/promises";

import { faults } from "./faults.ts";
import type { RunningPipeline, Tables } from "./pipeline.ts";

/** A time during which something was wrong, until everything was well again; in seconds since 1970. */
export interface Trouble {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** What a run has seen. */
export interface Outcome {
  readonly faults: readonly Trouble[];
  readonly tables: Tables;
  /** Numbers that are missing among the rows. */
  readonly lost: readonly number[];
  /** Seconds from a row to its prediction, and to the page: of all rows, and of those during whose way nothing was wrong. */
  readonly prediction: Delays;
  readonly page: Delays;
}

export interface Delays {
  readonly rows: number;
  readonly p95: number;
  readonly worst: number;
  readonly undisturbed: { readonly rows: number; readonly p95: number; readonly worst: number };
}

/** Most seconds until everything is well again after a fault, on a machine that does much else. */
const RECOVERY = 300;
/** Seconds between two looks at the page, as its own script has them. */
const REFRESH = 5;

const now = () => Date.now() / 1000;

/**
 * Lets one thing after the other go wrong, each when the one before is over, and looks at what is left.
 *
 * @param minutes how long, at least
 * @param say gets one line for each fault
 * @param fewest how many faults, at least: on a machine that does much else one may take all of the time
 * @throws Error when the pipeline is not well again by itself in time
 */
export async function killRun(
  pipeline: RunningPipeline,
  minutes: number,
  seed: number,
  say: (line: string) => void,
  fewest = 0,
): Promise<Outcome> {
  const started = now();
  const seen = new Map<string, number>();
  const watching = new AbortController();
  const watch = watchPage(pipeline, seen, watching.signal);
  await whole(pipeline, "at the start");
  const start: Trouble = { name: "the start", from: 0, to: now() };
  say(`whole after ${(now() - started).toFixed(1)} s`);
  const troubles: Trouble[] = [];
  const end = now() + minutes * 60;
  for (const fault of faults(seed)) {
    if (now() >= end && troubles.length >= fewest) break;
    await after(fault.after * 1000);
    const from = now();
    await fault.strike(pipeline);
    await whole(pipeline, fault.name);
    troubles.push({ name: fault.name, from, to: now() });
    say(`${troubles.length} ${fault.name}: well again after ${(now() - from).toFixed(1)} s`);
  }
  await after(2 * REFRESH * 1000);
  watching.abort();
  await watch;
  return outcomeOf(await pipeline.look(), start, troubles, seen);
}

/** Resolves when every part is well, and a row that was written from now on has its prediction. */
async function whole(pipeline: RunningPipeline, cause: string): Promise<void> {
  const from = now();
  for (let ills: readonly string[] = [""]; ills.length > 0; await after(1000)) {
    if (now() - from > RECOVERY) throw new Error(`not well again ${RECOVERY} s after "${cause}": ${ills.join(", ")}`);
    ills = await pipeline.ills(from);
  }
}

async function watchPage(pipeline: RunningPipeline, seen: Map<string, number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const title = await pipeline.page();
    if (title !== undefined && !seen.has(title)) seen.set(title, now());
    await after(REFRESH * 1000, undefined, { signal }).catch(() => undefined);
  }
}

/** What a run has seen, from what is left in the tables and when the page first showed a row. */
export function outcomeOf(tables: Tables, start: Trouble, troubles: readonly Trouble[], seen: ReadonlyMap<string, number>): Outcome {
  const there = new Set(tables.rows.map((row) => row.number));
  const last = Math.max(-1, ...there);
  const lost = Array.from({ length: last + 1 }, (_, number) => number).filter((number) => !there.has(number));
  // A page that shows a row shows all before it: the first look at or behind a row is when it could be seen.
  const shown = tables.rows.map((row) => seen.get(row.title));
  for (let index = shown.length - 2; index >= 0; index--) shown[index] ??= shown[index + 1];
  const ways = (arrival: (index: number) => number | null | undefined) =>
    tables.rows.flatMap((row, index) => {
      const to = arrival(index);
      return to === null || to === undefined ? [] : [{ from: row.writtenAt, to }];
    });
  return {
    faults: troubles,
    tables,
    lost,
    prediction: delaysOf(
      ways((index) => tables.rows[index]?.predictedAt),
      [start, ...troubles],
    ),
    page: delaysOf(
      ways((index) => shown[index]),
      [start, ...troubles],
    ),
  };
}

function delaysOf(ways: readonly { from: number; to: number }[], troubles: readonly Trouble[]): Delays {
  const calm = ways.filter(({ from, to }) => !troubles.some((trouble) => from < trouble.to && to > trouble.from));
  return { ...spread(ways), undisturbed: spread(calm) };
}

function spread(ways: readonly { from: number; to: number }[]) {
  const sorted = ways.map(({ from, to }) => to - from).sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { rows: sorted.length, p95: at(0.95), worst: at(1) };
}
