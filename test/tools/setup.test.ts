import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";

import { cacheFolder, lockFile, stateFolder } from "../../tools/lib/folders.ts";
import { exportLines } from "../../tools/setup/environment.ts";
import { isTooOld } from "../../tools/setup/toolchain.ts";

test.each([
  ["3.250.0", "3.238.0", false],
  ["3.99.0", "3.238.0", true],
  ["3.238.0", "3.238.0", false],
  ["2.999.999", "3.0.0", true],
])("%s is older than %s: %s", (a, b, expected) => expect(isTooOld(a, b)).toBe(expected));

describe("folders", () => {
  test("are the project's own variables first, then the user's, then below the home", () => {
    expect(cacheFolder({ MLSTACK_CACHE: "/c", XDG_CACHE_HOME: "/x" })).toBe("/c");
    expect(cacheFolder({ XDG_CACHE_HOME: "/x" })).toBe("/x/mlstack");
    expect(stateFolder({ MLSTACK_STATE: "/s" })).toBe("/s");
    expect(stateFolder({ XDG_STATE_HOME: "/x" })).toBe("/x/mlstack");
  });

  test("have one lock for each name, whatever is in it", () => {
    expect(lockFile("stack-a/b-c d")).toBe(`${cacheFolder()}/locks/stack-a-b-c-d`);
  });
});

test("export lines pass any value through a shell unharmed", () => {
  const env = { PLAIN: "a", QUOTES: `it's "so" $HOME \`x\``, LINES: "a\nb" };
  const printed = execFileSync("bash", ["-c", `${exportLines(env)}\nprintf '%s|%s|%s' "$PLAIN" "$QUOTES" "$LINES"`], { encoding: "utf8" });
  expect(printed).toBe(Object.values(env).join("|"));
});
