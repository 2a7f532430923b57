import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { cpu, duration, memory, toBytes, toMebibytes, toMillicores, toMilliseconds, toSeconds } from "../../components/workload/index.ts";
import { messages } from "../support/messages.ts";

describe("memory", () => {
  test.each([
    ["1Ki", 1024],
    ["512Mi", 536_870_912],
    ["1.5Gi", 1_610_612_736],
    ["2Ti", 2_199_023_255_552],
  ] as const)("%s is %d bytes", (value, bytes) => {
    expect(memory.parse(value)).toBe(value);
    expect(toBytes(value)).toBe(bytes);
  });

  test("rounds up to whole mebibytes", () => expect(toMebibytes("1025Ki")).toBe(2));

  test.each([
    ["4GB", 'for example "4Gi", got "4GB"'],
    ["2 Gi", 'for example "2Gi", got "2 Gi"'],
    ["2gi", 'for example "2Gi", got "2gi"'],
    ["512m", 'for example "512Mi", got "512m"'],
    ["512", 'for example "512Mi", got "512"'],
    [512, 'for example "512Mi", got 512'],
    ["-1Gi", 'must be more than 0, got "-1Gi"'],
    ["0Mi", 'must be more than 0, got "0Mi"'],
  ])("refuses %j and says what to write", (value, text) => expect(messages(memory, value)).toEqual([expect.stringContaining(text)]));
});

describe("duration", () => {
  test.each([
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
  ] as const)("%s is %d milliseconds", (value, milliseconds) => expect(toMilliseconds(duration.parse(value))).toBe(milliseconds));

  test("rounds up to whole seconds", () => expect(toSeconds("1100ms")).toBe(2));

  test.each(["30", 30, "30 s", "half an hour", "1d"])("refuses %j", (value) =>
    expect(messages(duration, value)).toEqual([expect.stringContaining('a time with the unit ms, s, m or h, for example "30s"')]),
  );

  test.each([
    ["5 m", "5m"],
    ["5min", "5m"],
    ["1.5 hours", "1.5h"],
    ["250 ms", "250ms"],
  ])("refuses %j and suggests %s", (given, expected) =>
    expect(messages(duration, given)).toEqual([`must be a time with the unit ms, s, m or h, for example "${expected}", got "${given}"`]),
  );

  test("refuses a negative time", () => expect(messages(duration, "-1s")).toEqual(['must not be negative, got "-1s"']));
});

describe("cpu", () => {
  test.each([
    [2, 2000],
    [0.5, 500],
    ["250m", 250],
  ] as const)("%j is %d millicores", (value, millicores) => expect(toMillicores(cpu.parse(value))).toBe(millicores));

  test.each([0, -1, "5m"])("refuses %j, which no scheduler can give", (value) =>
    expect(messages(cpu, value)).toEqual([expect.stringContaining('must be at least 10 millicores ("10m")')]),
  );

  test.each(["two", "2", null])("refuses %j", (value) =>
    expect(messages(cpu, value)).toEqual([expect.stringContaining("must be cores, for example 2 or 0.5")]),
  );
});

test("more memory is never fewer mebibytes", () => {
  const sizes = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(fc.property(sizes, sizes, (a, b) => toMebibytes(`${Math.min(a, b)}Ki`) <= toMebibytes(`${Math.max(a, b)}Ki`)));
});
