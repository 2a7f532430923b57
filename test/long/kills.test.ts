import { expect, test } from "vitest";

import { faults } from "./faults.ts";
import { outcomeOf } from "./kills.ts";
import type { Row } from "./pipeline.ts";

const row = (number: number, delay: number | null): Row => ({
  number,
  title: `row ${number}`,
  writtenAt: 100 + number,
  predictedAt: delay === null ? null : 100 + number + delay,
});
const outcome = (rows: Row[], troubles: [from: number, to: number][] = [], seen: [string, number][] = []) =>
  outcomeOf(
    { rows, wrong: 0, strange: 0, unpredicted: 0 },
    { name: "the start", from: 0, to: 50 },
    troubles.map(([from, to]) => ({ name: "fault", from, to })),
    new Map(seen),
  );

test("a row that is missing between others is lost; the newest that has no prediction yet is not", () => {
  expect(outcome([row(0, 1), row(1, 1), row(3, 1), row(4, null)]).lost).toEqual([2]);
  expect(outcome([row(0, 1), row(1, 1)]).lost).toEqual([]);
});

test("rows that were under way during a fault count among all, and not among the undisturbed", () => {
  const { prediction } = outcome([row(0, 2), row(1, 30), row(40, 3), row(41, null)], [[110, 120]]);
  expect(prediction).toEqual({ rows: 3, p95: 30, worst: 30, undisturbed: { rows: 2, p95: 3, worst: 3 } });
});

test("a page that shows a row has shown those before it", () => {
  const { page } = outcome(
    [row(0, 1), row(1, 1), row(2, 1), row(3, 1)],
    [],
    [
      ["row 1", 104],
      ["row 2", 109],
    ],
  );
  expect(page).toMatchObject({ rows: 3, worst: 7 });
});

test("the same seed gives the same faults, and ten in a row have every kind", () => {
  expect(ten(7)).toEqual(ten(7));
  expect(ten(7)).not.toEqual(ten(8));
  expect(new Set(ten(7).map(([name]) => name)).size).toBe(7);
});

function ten(seed: number): [name: string, after: number][] {
  const found: [string, number][] = [];
  for (const { name, after } of faults(seed)) {
    found.push([name, after]);
    if (found.length === 10) break;
  }
  return found;
}
