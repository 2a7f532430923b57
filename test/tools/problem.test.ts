import { expect, test } from "vitest";

import { Problem, problemOf } from "../../tools/lib/problem.ts";

const refused = (code: string) => Object.assign(new Error(`${code}: write`), { code, path: "/state/passphrase" });

test("a user's mistake is its own text", () => expect(problemOf(new Problem("no such stack"))).toBe("no such stack"));

test.each([
  ["ENOSPC", "/state/passphrase: there is no space left for it; make room"],
  ["EDQUOT", "/state/passphrase: this user's disk quota is used up"],
  ["EROFS", "/state/passphrase: its file system cannot be written to"],
  ["EACCES", "/state/passphrase: this user may not"],
])("%s of this machine is a sentence with what to do", (code, text) => expect(problemOf(refused(code))).toContain(text));

test("a write without a path names the error", () =>
  expect(problemOf(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }))).toMatch(
    /^ENOSPC: no space left on device, write: there is no space/,
  ));

test("a fault of the program keeps its trace", () => {
  expect(problemOf(new TypeError("x is not a function"))).toBeUndefined();
  expect(problemOf(refused("EINVAL"))).toBeUndefined();
});
