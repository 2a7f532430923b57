import { expect, test } from "vitest";

import { type Figures, table } from "../../bench/table.ts";

const lines = (row: Omit<Figures, "what">) => table([{ what: "a start, s", ...row }])[2];

test("shows the median, the least and the most", () => {
  expect(lines({ own: [3, 1, 2] })).toBe("| a start, s |  | 2.00 (1.00 … 3.00) |  |  |  |");
});

test("a ratio is the quotient of the medians", () => {
  const peer = { name: "Compose", values: [4] };
  expect(lines({ own: [1, 2, 9], peer })).toBe("| a start, s |  | 2.00 (1.00 … 9.00) | Compose: 4.00 (4.00 … 4.00) | 0.50 |  |");
});

test.each([
  [{ value: { most: 2 } }, "≤ 2", "reached"],
  [{ value: { most: 1.9 } }, "≤ 1.9", "**missed**"],
  [{ value: { least: 2 } }, "≥ 2", "reached"],
  [{ value: { least: 2.1 } }, "≥ 2.1", "**missed**"],
  [{ ratio: { most: 0.5 } }, "≤ 0.5 ×", "reached"],
  [{ ratio: { most: 0.4 } }, "≤ 0.4 ×", "**missed**"],
  [{ ratio: { least: 0.6 } }, "≥ 0.6 ×", "**missed**"],
])("%j is said, and whether it is reached", (goal, text, outcome) => {
  const line = lines({ own: [2], peer: { name: "Compose", values: [4] }, goal });
  expect(line).toContain(`| ${text} |`);
  expect(line).toMatch(new RegExp(`\\| ${outcome.replaceAll("*", "\\*")} \\|$`));
});

test("what can only be said is said of both", () => {
  const row = { what: "started again", said: "nothing", peer: { name: "Compose", said: "train" } };
  expect(table([row])[2]).toBe("| started again |  | nothing | Compose: train |  |  |");
});
