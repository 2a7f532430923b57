import { expect, test } from "vitest";

import { choose, workloadNames } from "../../tools/commands/suites.ts";

const workloads = ["gateway", "redis", "trainer"];

test("without words everything is chosen", () => {
  expect(choose("unit", [], workloads)).toEqual({ vitest: [], workloads });
  expect(choose("integration", ["-t", "second up"])).toEqual({ vitest: ["-t", "second up"], workloads: [] });
});

test.each([
  ["a file", ["architecture"], { vitest: ["architecture"], workloads: [] }],
  ["a workload", ["redis"], { vitest: undefined, workloads: ["redis"] }],
  ["both", ["gateway"], { vitest: ["gateway"], workloads: ["gateway"] }],
  ["a folder, with options", ["test/tools", "--bail=1"], { vitest: ["--bail=1", "test/tools"], workloads: [] }],
])("a word chooses %s", (_, words, chosen) => expect(choose("unit", words, workloads)).toEqual(chosen));

test("a word that chooses nothing is refused", () => {
  expect(() => choose("unit", ["architectrue"], workloads)).toThrow('no tests are called "architectrue"; did you mean "architecture"?');
  expect(() => choose("unit", ["gateway", "rdis"], workloads)).toThrow('no tests are called "rdis"; did you mean "redis"?');
  expect(() => choose("kubernetes", ["architecture"])).toThrow('no tests are called "architecture"');
});

test("every workload has tests", () => expect(workloadNames()).toEqual(expect.arrayContaining(workloads)));
