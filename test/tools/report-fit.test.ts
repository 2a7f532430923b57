import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { byteLength, escaped } from "../../tools/report/fit.ts";
import { fleetMarkdown, fleetText } from "../../tools/report/fleet-text.ts";
import { LIMITS, markdownFor } from "../../tools/report/markdown.ts";
import { type Finding, KINDS, type Report } from "../../tools/report/schema.ts";

const HOSTILE = [
  "</details>",
  "```",
  "@everyone",
  "[click](https://example.org)",
  "<script>",
  "![x](y)",
  "&lt;",
  "🚀",
  "\ud83d",
  "\u202e",
  "# head",
  "| a |",
  "\n\n---\n",
];
const text = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.array(fc.constantFrom(...HOSTILE), { maxLength: 8 }).map((all) => all.join(" ")),
);
const fields = () => ({
  kind: fc.constantFrom(...KINDS),
  subject: text,
  sentence: text,
  before: fc.constant(null),
  after: fc.constant(null),
});
const finding: fc.Arbitrary<Finding> = fc.record({ ...fields(), causes: fc.constant([]) });
type FromArbitrary<A> = A extends fc.Arbitrary<infer T> ? T : never;

function reportWith(findings: readonly Finding[], parts: readonly string[], stack = "prod"): Report {
  const nothing = { before: 0, after: 0 };
  return {
    version: 1,
    project: "shop",
    stack,
    target: "docker",
    source: "engine",
    changes: true,
    verdict: `shop/${stack}: ${findings[0]?.sentence ?? "1 part will change"}`,
    worst: findings[0]?.kind ?? null,
    findings: [...findings],
    sums: { replicas: nothing, gpus: nothing, cpu: nothing, memory: nothing, models: [] },
    components: [
      {
        section: parts[0] ?? "features",
        parts: parts.map((name) => ({ name, noun: "service", effect: "replaced" as const, text: name, causes: [] })),
      },
    ],
    settings: [],
    counts: {},
    notes: [],
    compared: { commit: null, dirty: false, settings: "", state: null, models: {}, images: {} },
    approval: null,
  };
}

function isBalanced(comment: string): boolean {
  const count = (pattern: RegExp) => comment.match(pattern)?.length ?? 0;
  const tags = (comment.match(/<[^>]*>/g) ?? []).filter((tag) => !["<details>", "</details>", "<summary>", "</summary>"].includes(tag));
  return (
    count(/<details>/g) === count(/<\/details>/g) &&
    count(/<summary>/g) === count(/<\/summary>/g) &&
    count(/```/g) === 0 &&
    tags.length === 0
  );
}

describe("a comment", () => {
  test("fits, is balanced, and mentions nobody, whatever the names are", () => {
    fc.assert(
      fc.property(fc.array(finding, { maxLength: 6 }), fc.array(text, { maxLength: 6 }), (findings, parts) => {
        const comment = markdownFor(reportWith(findings, parts));
        expect(comment.length).toBeLessThanOrEqual(LIMITS.units);
        expect(byteLength(comment)).toBeLessThanOrEqual(LIMITS.bytes);
        expect(comment.isWellFormed()).toBe(true);
        expect(isBalanced(comment)).toBe(true);
        expect(comment).not.toMatch(/@\w|\]\(|https?:/);
      }),
      { numRuns: 300 },
    );
  });

  test("of any size has every danger, and counts what it leaves out", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2000, max: 20_000 }),
        fc.integer({ min: 0, max: 15 }),
        fc.integer({ min: 0, max: 400 }),
        (units, dangers, parts) => {
          const findings = Array.from(
            { length: dangers },
            (_, index): Finding => ({
              kind: "data-loss",
              subject: `v${index}`,
              sentence: `danger ${index} ${"🚀".repeat(100)}`,
              causes: [],
              before: null,
              after: null,
            }),
          );
          const comment = markdownFor(
            reportWith(
              findings,
              Array.from({ length: parts }, (_, index) => `part ${index} ${"y".repeat(100)}`),
            ),
            { units, bytes: 60_000 },
          );
          expect(comment.length).toBeLessThanOrEqual(units);
          for (const index of findings.keys()) expect(comment).toContain(`danger ${index} `);
          const shown = comment.match(/service part/g)?.length ?? 0;
          if (shown < parts) expect(comment).toMatch(/left out for room/);
          expect(isBalanced(comment)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("says so where not even all dangers fit", () => {
    const findings = Array.from(
      { length: 3000 },
      (_, index): Finding => ({ kind: "downtime", subject: "x", sentence: `danger ${index}`, causes: [], before: null, after: null }),
    );
    const comment = markdownFor(reportWith(findings, ["a"]), { units: 5000, bytes: 20_000 });
    expect(comment.length).toBeLessThanOrEqual(5000);
    expect(comment).toMatch(/\d+ more, left out for room: \*\*dangers are among them\*\*/);
  });

  test("of 500 stacks, one with a difference of a megabyte, fits and names each that would lose data", () => {
    const loss = (stack: string): Finding => ({
      kind: "data-loss",
      subject: "features/redis",
      sentence: `${stack} would lose its Redis`,
      causes: [],
      before: null,
      after: null,
    });
    const results = Array.from({ length: 500 }, (_, index) => {
      const name = `customer-${index}`;
      const report =
        index % 50 === 0
          ? reportWith([loss(name)], ["redis"], name)
          : reportWith([], index === 7 ? ["x".repeat(1_000_000)] : [`part ${index} ${"z".repeat(500)}`], name);
      return { stack: { folder: "/", project: "shop", name }, report };
    });
    const comment = fleetMarkdown(fleetText(results));
    expect(comment.length).toBeLessThanOrEqual(LIMITS.units);
    expect(byteLength(comment)).toBeLessThanOrEqual(LIMITS.bytes);
    expect(isBalanced(comment)).toBe(true);
    for (let index = 0; index < 500; index += 50) expect(comment).toContain(`customer-${index} would lose its Redis`);
  });
});

describe("a comment of a fleet", () => {
  const cause = fc.record({
    setting: text,
    before: fc.option(text),
    after: fc.option(text),
    file: fc.option(text),
    line: fc.constant(null),
  });
  const hostile = fc.record({ ...fields(), causes: fc.array(cause, { maxLength: 3 }) });
  const one = fc.record({
    name: text,
    findings: fc.array(hostile, { maxLength: 3 }),
    parts: fc.array(text, { maxLength: 4 }),
    settings: fc.array(cause, { maxLength: 3 }),
    notes: fc.array(text, { maxLength: 3 }),
    message: fc.option(text, { freq: 3 }),
  });
  const results = (stacks: readonly FromArbitrary<typeof one>[], size: number) =>
    stacks.map(({ name, findings, parts, settings, notes, message }) => {
      const stack = { folder: "/", project: "shop", name };
      if (message !== null) return { stack, message: message.repeat(size) };
      const said = notes.map((note) => ({ severity: "warning" as const, text: note.repeat(size) }));
      return { stack, report: { ...reportWith(findings, parts, name), settings, notes: said } };
    });

  test("fits, is balanced, links and mentions nobody, whatever stacks, settings, files and errors are called", () => {
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), fc.constantFrom(1, 1, 1, 20_000), (stacks, size) => {
        const comment = fleetMarkdown(fleetText(results(stacks, size)));
        expect(comment.length).toBeLessThanOrEqual(LIMITS.units);
        expect(byteLength(comment)).toBeLessThanOrEqual(LIMITS.bytes);
        expect(comment.isWellFormed()).toBe(true);
        expect(isBalanced(comment)).toBe(true);
        expect(comment.replaceAll("`npm run report`", "")).not.toMatch(/@\w|\]\(|https?:|`/);
      }),
      { numRuns: 100 },
    );
  });

  test("names every stack with a danger and every one without a report before it shows a detail, and counts what it leaves out", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3000, max: 30_000 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 40 }),
        (units, count, every) => {
          const stacks = Array.from({ length: count }, (_, index) => {
            const stack = { folder: "/", project: "shop", name: `c${index}` };
            if (index % every === 1) return { stack, message: `c${index} is broken 🚀 ${"x".repeat(index * 10)}` };
            const loss: Finding = {
              kind: "data-loss",
              subject: "features/redis",
              sentence: `c${index} loses`,
              causes: [],
              before: null,
              after: null,
            };
            return { stack, report: reportWith(index % every === 0 ? [loss] : [], [`part ${index} ${"y".repeat(300)}`], stack.name) };
          });
          const comment = fleetMarkdown(fleetText(stacks), { units, bytes: 3 * units });
          expect(comment.length).toBeLessThanOrEqual(units);
          expect(isBalanced(comment)).toBe(true);
          const dangers = stacks.flatMap((each) =>
            "message" in each ? [`c${each.stack.name.slice(1)} is broken`] : each.report.worst === null ? [] : [`${each.stack.name} loses`],
          );
          const hidden = dangers.filter((danger) => !comment.includes(danger));
          // Where not even all of them fit, that is said, and no detail takes their room.
          if (hidden.length > 0) {
            expect(comment).toMatch(/\d+ more, left out for room: \*\*dangers are among them\*\*/);
            expect(comment).not.toContain("<details>");
          }
          const details = comment.match(/<details>/g)?.length ?? 0;
          if (details < stacks.filter((each) => "report" in each).length) expect(comment).toMatch(/left out for room/);
        },
      ),
      { numRuns: 50 },
    );
  });
});

test("stacks that change alike are said once, and one that fails hides no other", () => {
  const of = (name: string, parts: string[]) => ({ stack: { folder: "/", project: "shop", name }, report: reportWith([], parts, name) });
  const { text: told, report } = fleetText([
    of("acme", ["redis"]),
    of("globex", ["redis"]),
    { stack: { folder: "/", project: "shop", name: "hooli" }, message: "no engine" },
    of("umbrella", ["api"]),
  ]);
  expect(told).toContain("2 stacks: 1 part will change (acme, globex)");
  expect(told).toContain("hooli: no report\n  no engine");
  expect(report.failed).toEqual([{ project: "shop", stack: "hooli", message: "no engine" }]);
  expect(report.reports.map(({ stack }) => stack)).toEqual(["acme", "globex", "umbrella"]);
});

test("text keeps its letters when it is escaped", () => {
  expect(escaped("fraud@production 3 → 4")).toBe("fraud&#64;production 3 → 4");
});
