import { begun, escaped, fitted, type Piece } from "./fit.ts";
import { type Block, lines } from "./lines.ts";
import type { Report } from "./schema.ts";

/** Largest comment: UTF-16 units and bytes. */
export const LIMITS = { units: 65_536, bytes: 200_000 } as const;

/** A report as a comment. It always fits, and what is left out is counted. */
export function markdownFor(report: Report, limits: { readonly units: number; readonly bytes: number } = LIMITS): string {
  return fitted(piecesOf(report), limits);
}

/** A report's pieces in the order in which they are read. */
export function piecesOf(report: Report): Piece[] {
  const { findings, verdict } = report;
  const head: Piece = {
    before: `### ${findings.length > 0 ? "⚠️ " : ""}${escaped(begun(verdict, 300))}`,
    rows: [],
    after: "",
    danger: true,
  };
  return [head, ...lines(report).map(pieceOf)];
}

function pieceOf({ title, rows, danger }: Block): Piece {
  const listed = rows.map((row) => `- ${escaped(row)}`);
  if (danger) return { before: `\n**${escaped(begun(title, 100))}**\n`, rows: listed, after: "", danger };
  return { before: `\n<details><summary>${escaped(begun(title, 100))}</summary>\n`, rows: listed, after: "\n</details>", danger };
}
