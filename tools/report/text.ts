import { styleText } from "node:util";

import { type Block, lines } from "./lines.ts";
import type { Report } from "./schema.ts";

/** A report for people on a terminal. @param colours whether it has some */
export function textFor(report: Report, colours = false): string {
  const painted = (block: Block): string[] => {
    const title = block.title === "" ? [] : [colours ? styleText("bold", block.title) : block.title];
    const rows = block.rows.map((row) => `  ${colours && block.danger ? styleText("red", row) : row}`);
    return ["", ...title, ...rows];
  };
  const verdict = colours ? styleText(report.findings.length > 0 ? "red" : "green", report.verdict) : report.verdict;
  return `${[verdict, ...lines(report).flatMap(painted)].join("\n")}\n`;
}
