import { styleText } from "node:util";

import { count } from "../../components/workload/index.ts";
import type { StackDrift } from "./schema.ts";

/** What was found, for people on a terminal. @param colours whether it has some */
export function driftText(stacks: readonly StackDrift[], colours = false): string {
  const painted = (style: "red" | "green", text: string) => (colours ? styleText(style, text) : text);
  const lines = stacks.flatMap(({ project, stack, target, differences, notes, failed }) => {
    const who = `${project}/${stack}`;
    if (failed !== null) return [painted("red", `${who}: could not be looked at`), ...indented(failed.split("\n"))];
    if (target === null) return [`${who}: not deployed`];
    const verdict =
      differences.length === 0
        ? painted("green", `${who}: runs as it was deployed (${target})`)
        : painted("red", `${who}: ${count(differences.length, "difference")} (${target})`);
    const found = differences.flatMap(({ subject, what, outcome, remedy }) => [
      `${subject} ${what}: ${outcome}`,
      ...(remedy === null ? [] : indented([remedy])),
    ]);
    return [verdict, ...indented([...found, ...notes.map((note) => `note: ${note}`)])];
  });
  return `${lines.join("\n")}\n`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
