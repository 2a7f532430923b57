import { median, spread } from "./measure.ts";

/** What a figure is meant to be: the most, or the least, that its median may be. */
export type Bound = { readonly most: number } | { readonly least: number };

/** One line of a table. */
export type Row = Figures | Words;

/** What is counted or timed. */
export interface Figures {
  /** What was measured, with its unit. */
  readonly what: string;
  readonly own: readonly number[];
  /** The same by something else, in turns with it. */
  readonly peer?: { readonly name: string; readonly values: readonly number[] };
  /** What the median is meant to be, by itself or as a ratio to the peer's. */
  readonly goal?: { readonly value: Bound } | { readonly ratio: Bound };
}

/** What can only be said. */
export interface Words {
  readonly what: string;
  readonly said: string;
  readonly peer: { readonly name: string; readonly said: string };
}

const HEAD = ["| what | goal | mlstack | beside it | ratio | |", "|---|---|---|---|---|---|"];

/** Medians with their spread, ratios, and whether each goal is reached. */
export function table(rows: readonly Row[]): string[] {
  return [...HEAD, ...rows.map(lineOf)];
}

/** The quotient of two medians. */
function ratioOf({ own, peer }: Figures): number | undefined {
  return peer === undefined ? undefined : median(own) / median(peer.values);
}

/** Whether a row's goal is reached; nothing where it has none. */
function reached(row: Figures): boolean | undefined {
  const { goal } = row;
  if (goal === undefined) return undefined;
  if ("value" in goal) return within(median(row.own), goal.value);
  const ratio = ratioOf(row);
  return ratio !== undefined && within(ratio, goal.ratio);
}

function lineOf(row: Row): string {
  if ("said" in row) return `| ${row.what} |  | ${row.said} | ${row.peer.name}: ${row.peer.said} |  |  |`;
  const ratio = ratioOf(row);
  const peer = row.peer === undefined ? "" : `${row.peer.name}: ${spread(row.peer.values)}`;
  const outcome = { true: "reached", false: "**missed**", undefined: "" }[`${reached(row)}`];
  return `| ${row.what} | ${goalOf(row)} | ${spread(row.own)} | ${peer} | ${ratio?.toFixed(2) ?? ""} | ${outcome} |`;
}

function goalOf({ goal }: Figures): string {
  if (goal === undefined) return "";
  const [bound, unit] = "value" in goal ? [goal.value, ""] : [goal.ratio, " ×"];
  return "most" in bound ? `≤ ${bound.most}${unit}` : `≥ ${bound.least}${unit}`;
}

function within(value: number, bound: Bound): boolean {
  return "most" in bound ? value <= bound.most : value >= bound.least;
}
