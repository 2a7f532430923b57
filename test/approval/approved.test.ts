import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { refusalOf, reportsIn } from "../../tools/approval/approved.ts";
import { isSealed } from "../../tools/approval/seal.ts";
import { encryptedPaths, fingerprintsIn } from "../../tools/approval/secrets.ts";
import type { Report } from "../../tools/report/schema.ts";
import { KEY, later, SHOWN } from "./worlds.ts";

const MADE = Date.parse("2026-11-26T08:00:00.000Z");
const HOUR = 3_600_000;
const refusal = (shown: Report, after = HOUR) => refusalOf(shown, 24, MADE + after, (one) => isSealed(one, KEY));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-approved-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string): string {
  const path = join(folder, "report.json");
  writeFileSync(path, text);
  return path;
}

describe("a report", () => {
  test("can be approved as it was made, also by way of a file", () => {
    expect(refusal(SHOWN)).toBeUndefined();
    const [read] = reportsIn(written(JSON.stringify(SHOWN))).reports;
    expect(read === undefined ? "none" : refusal(read)).toBeUndefined();
  });

  const edits: readonly (readonly [string, Report])[] = [
    ["a finding that is taken out", { ...SHOWN, worst: "data-loss" }],
    ["a verdict", { ...SHOWN, verdict: "shop/prod: no change" }],
    ["a model's version", later({ models: { api: "fraud/5" } })],
    ["the time", later({}, { made: "2026-11-26T09:00:00.000Z" })],
    ["a step", later({}, { steps: {} })],
    ["no seal", later({}, { seal: "" })],
  ];
  test.each(edits)("that was edited by hand is refused: %s", (_what, edited) => {
    expect(refusal(edited)).toMatch(/^was changed after it was made/);
  });

  test("of another state is refused, though nothing of it was edited", () => {
    expect(refusalOf(SHOWN, 24, MADE, (one) => isSealed(one, "key-of-another-state"))).toMatch(/made with another state/);
  });

  test("that has expired is refused, with its age", () => {
    expect(refusal(SHOWN, 24 * HOUR)).toBeUndefined();
    expect(refusal(SHOWN, 25.5 * HOUR)).toBe("was made at 2026-11-26T08:00:00.000Z, 25 hours ago, and holds for 24 (--max-age)");
  });

  test("of the future is refused", () => expect(refusal(SHOWN, -HOUR)).toMatch(/yet to come/));

  test("that was made offline is refused", () => {
    expect(refusal({ ...SHOWN, source: "offline" })).toMatch(/made offline/);
    expect(refusal({ ...SHOWN, approval: null })).toMatch(/made offline/);
  });
});

describe("a file", () => {
  test("of a fleet has all its reports", () => {
    const fleet = {
      version: 1,
      verdict: "2 stacks",
      worst: null,
      reports: [SHOWN, SHOWN],
      failed: [{ project: "shop", stack: "eu", message: "no" }],
    };
    const { reports, failed } = reportsIn(written(JSON.stringify(fleet)));
    expect([reports.length, failed.length]).toEqual([2, 1]);
  });

  test.each([
    ["that is none", undefined, /does not exist; A new report: npm run -s report/],
    ["that is no JSON", "{", /is no JSON/],
    ["of something else", "[]", /is no report of this release/],
    ["of another release", JSON.stringify({ ...SHOWN, version: 2 }), /is no report of this release:\n {2}version/],
    ["with a field that no report has", JSON.stringify({ ...SHOWN, script: "rm -rf /" }), /is no report of this release/],
  ])("%s is refused", (_what, text, message) => {
    expect(() => reportsIn(text === undefined ? join(folder, "none.json") : written(text))).toThrow(message);
  });
});

describe("fingerprints of secrets", () => {
  const config = {
    "mlstack:tracking": { admin: { username: "admin", password: { secure: "v1:x:y" } } },
    "mlstack:token": { secure: "v1:z" },
  };
  const shown = (password: string) => ({
    "mlstack:tracking": { value: "…", objectValue: { admin: { username: "admin", password } }, secret: true },
    "mlstack:token": { value: "t-1", secret: true },
  });

  test("are of each encrypted value, wherever it is", () => {
    expect(encryptedPaths(config)).toEqual([["mlstack:tracking", "admin", "password"], ["mlstack:token"]]);
  });

  test("tell two values apart, show none, and mean nothing under another key", () => {
    const one = fingerprintsIn(encryptedPaths(config), shown("correct-horse"), KEY);
    const again = fingerprintsIn(encryptedPaths(config), shown("correct-horse"), KEY);
    const other = fingerprintsIn(encryptedPaths(config), shown("battery-staple"), KEY);
    expect(Object.keys(one)).toEqual(["mlstack:tracking.admin.password", "mlstack:token"]);
    expect(again).toEqual(one);
    expect(other["mlstack:tracking.admin.password"]).not.toBe(one["mlstack:tracking.admin.password"]);
    expect(other["mlstack:token"]).toBe(one["mlstack:token"]);
    expect(JSON.stringify(one)).not.toMatch(/correct-horse|t-1/);
    expect(fingerprintsIn(encryptedPaths(config), shown("correct-horse"), "other")["mlstack:token"]).not.toBe(one["mlstack:token"]);
  });
});
