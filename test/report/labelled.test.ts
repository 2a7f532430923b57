import { afterAll, describe, expect, test } from "vitest";

import { foundFor } from "./harness.ts";
import { LABELLED } from "./labelled.ts";

/** How many findings are right, and which are missed or wrong, over the whole set. */
const tally = { right: 0, missed: 0, wrong: 0 };

describe.each(["docker", "kubernetes"] as const)("on %s", (target) => {
  const cases = LABELLED.filter((one) => one[target] !== undefined);
  test.each(cases)("$change", async (one) => {
    const expected = [...(one[target] ?? [])].sort();
    const found = (await foundFor(one, target)).map(({ kind, subject }) => `${kind} ${subject}`).sort();
    tally.right += found.filter((each) => expected.includes(each)).length;
    tally.missed += expected.filter((each) => !found.includes(each)).length;
    tally.wrong += found.filter((each) => !expected.includes(each)).length;
    expect(found).toEqual(expected);
  });
});

afterAll(() => {
  const { right, missed, wrong } = tally;
  expect(right / (right + missed), "recall").toBe(1);
  expect(right / (right + wrong), "precision").toBeGreaterThanOrEqual(0.95);
});

test("the set is large enough, and a third of it looks more dangerous than it is", () => {
  const harmless = LABELLED.filter((one) => [one.docker, one.kubernetes].some((findings) => findings?.length === 0));
  expect(LABELLED.length).toBeGreaterThanOrEqual(60);
  expect(harmless.length / LABELLED.length).toBeGreaterThanOrEqual(1 / 3);
});
