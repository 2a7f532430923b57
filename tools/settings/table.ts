import { placeText } from "../../infra/layers/mistake-text.ts";
import type { Explanation } from "./explanation.ts";

/** Widest column that is padded: a longer value pushes only its own line. */
const WIDEST = 60;

/** Lines with their columns below each other. */
export function table(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.min(WIDEST, Math.max(...rows.map((row) => row[column]?.length ?? 0))));
  return rows.map((row) => `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

/** A value on one line. */
export function shown(value: unknown): string {
  return value === undefined ? "nothing" : typeof value === "string" ? value : JSON.stringify(value);
}

/** Where the value of a setting comes from: the layer that holds, or the default. */
export function originOf({ layers, default: standard }: Explanation): string {
  const [winner] = layers;
  if (winner === undefined || winner.does === "resets") {
    return `default${standard.position === undefined ? "" : `, ${placeText(standard.position)}`}`;
  }
  return winner.position === undefined ? winner.file : placeText(winner.position);
}

export function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
