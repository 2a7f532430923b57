import { expect, test } from "vitest";

import { chance } from "../../components/workload/chance.ts";

test("what chance depends on gives the same again, and another for something else", () => {
  expect(chance("Job/load", "of-the-report")).toBe(chance("Job/load", "of-the-report"));
  expect(chance("Job/load", "of-the-report")).toMatch(/^[0-9a-f]{8}$/);
  const others = [chance("Job/build", "of-the-report"), chance("Job/load", "of-another"), chance("Job/load"), chance("Job/load")];
  expect(new Set([chance("Job/load", "of-the-report"), ...others]).size).toBe(5);
});
