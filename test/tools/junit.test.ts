import { expect, test } from "vitest";

import { tally, tallyLine } from "../../tools/commands/junit.ts";

test("counts the cases of several JUnit documents", () => {
  const documents = [
    '<testsuites tests="9"><testsuite name="a" tests="5" failures="1" errors="0" skipped="1"></testsuite></testsuites>',
    '<testsuites><testsuite name="pytest" errors="1" failures="0" skipped="0" tests="3"></testsuite></testsuites>',
  ];
  expect(tally(documents)).toEqual({ passed: 5, failed: 2, skipped: 1 });
  expect(tallyLine(tally(documents))).toBe("5 passed, 2 failed, 1 skipped");
  expect(tallyLine({ passed: 1, failed: 0, skipped: 0 })).toBe("1 passed, 0 failed");
});
