import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";
import { KINDS } from "../../tools/report/schema.ts";
import { foundFor } from "./harness.ts";
import { LABELLED, type Labelled } from "./labelled.ts";

const TARGETS = ["docker", "kubernetes"] as const;

interface Outcome {
  readonly expected: readonly string[];
  readonly found: readonly string[];
}
const known = new Map<string, Promise<Outcome>>();

/** What is labelled and what is found for a case, as `kind subject`; found once for its own test and for the table. */
function outcomeOf(one: Labelled, target: (typeof TARGETS)[number]): Promise<Outcome> {
  const key = `${target} ${one.change}`;
  const outcome = known.get(key) ?? findOutcome(one, target);
  known.set(key, outcome);
  return outcome;
}

async function findOutcome(one: Labelled, target: (typeof TARGETS)[number]): Promise<Outcome> {
  const found = (await foundFor(one, target)).map(({ kind, subject }) => `${kind} ${subject}`);
  return { expected: (one[target] ?? []).toSorted(), found: found.toSorted() };
}

describe.each(TARGETS)("on %s", (target) => {
  test.each(LABELLED.filter((one) => one[target] !== undefined))("$change", async (one) => {
    const { expected, found } = await outcomeOf(one, target);
    expect(found).toEqual(expected);
  });
});

/** Lines of a table: for each kind how often it is labelled, found rightly, missed, and found where it is not. */
function confusionOf(outcomes: readonly Outcome[]): string[] {
  const lines = KINDS.map((kind) => {
    const of = (all: readonly string[]) => all.filter((one) => one.startsWith(`${kind} `));
    const sum = (count: (expected: readonly string[], found: readonly string[]) => number) =>
      outcomes.reduce((total, { expected, found }) => total + count(of(expected), of(found)), 0);
    const right = sum((expected, found) => found.filter((one) => expected.includes(one)).length);
    const labelled = sum((expected) => expected.length);
    return { kind, labelled, right, wrong: sum((_, found) => found.length) - right };
  });
  const harmless = outcomes.filter(({ expected }) => expected.length === 0);
  const silent = harmless.filter(({ found }) => found.length === 0).length;
  return [
    "| kind | labelled | found | missed | found where it is not |",
    "|---|---|---|---|---|",
    ...lines.map(({ kind, labelled, right, wrong }) => `| \`${kind}\` | ${labelled} | ${right} | ${labelled - right} | ${wrong} |`),
    `| nothing at all | ${harmless.length} | ${silent} | ${harmless.length - silent} | |`,
  ];
}

test("docs/report.md has the table of what is found, missed and wrong", async () => {
  const cases = TARGETS.flatMap((target) => LABELLED.filter((one) => one[target] !== undefined).map((one) => ({ one, target })));
  const outcomes: Outcome[] = [];
  for (const { one, target } of cases) outcomes.push(await outcomeOf(one, target));
  expect(readFileSync(join(ROOT, "docs", "report.md"), "utf8")).toContain(confusionOf(outcomes).join("\n"));
});

test("the set is large enough, and a third of it looks more dangerous than it is", () => {
  const harmless = LABELLED.filter((one) => [one.docker, one.kubernetes].some((findings) => findings?.length === 0));
  expect(LABELLED.length).toBeGreaterThanOrEqual(60);
  expect(harmless.length / LABELLED.length).toBeGreaterThanOrEqual(1 / 3);
});
