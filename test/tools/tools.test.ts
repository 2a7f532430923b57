import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { withSettings } from "../../tools/commands/pulumi.ts";
import { isStale } from "../../tools/commands/repair.ts";
import { farewell } from "../../tools/commands/start.ts";
import { tally } from "../../tools/commands/test.ts";
import { exportLines } from "../../tools/setup/environment.ts";
import { cacheFolder, stateFolder } from "../../tools/setup/folders.ts";
import { withSalt } from "../../tools/setup/state.ts";
import { olderThan } from "../../tools/setup/toolchain.ts";
import { sourcesKey } from "../../tools/setup/toolchain-build.ts";

test.each([
  ["3.250.0", "3.238.0", false],
  ["3.99.0", "3.238.0", true],
  ["3.238.0", "3.238.0", false],
  ["2.999.999", "3.0.0", true],
])("%s is older than %s: %s", (a, b, expected) => expect(olderThan(a, b)).toBe(expected));

describe("folders", () => {
  test("are the project's own variables first, then the user's, then below the home", () => {
    expect(cacheFolder({ MLSTACK_CACHE: "/c", XDG_CACHE_HOME: "/x" })).toBe("/c");
    expect(cacheFolder({ XDG_CACHE_HOME: "/x" })).toBe("/x/mlstack");
    expect(stateFolder({ MLSTACK_STATE: "/s" })).toBe("/s");
    expect(stateFolder({ XDG_STATE_HOME: "/x" })).toBe("/x/mlstack");
  });
});

test("export lines pass any value through a shell unharmed", () => {
  const env = { PLAIN: "a", QUOTES: `it's "so" $HOME \`x\``, LINES: "a\nb" };
  const printed = execFileSync("bash", ["-c", `${exportLines(env)}\nprintf '%s|%s|%s' "$PLAIN" "$QUOTES" "$LINES"`], { encoding: "utf8" });
  expect(printed).toBe(Object.values(env).join("|"));
});

describe("settings of a stack on this machine", () => {
  test("are the tracked ones with the machine's salt", () => {
    const merged = withSalt("# a comment\nconfig:\n  mlstack:platform:\n    kind: docker\n", "v1:salt");
    expect(merged).toContain("# a comment");
    expect(merged).toMatch(/kind: docker\nencryptionsalt: v1:salt\n$/);
  });

  test("keep a salt of their own", () => expect(withSalt("encryptionsalt: v1:own\n", "v1:other")).toBe("encryptionsalt: v1:own\n"));
});

describe("Pulumi's arguments", () => {
  const file = (stack: string) => `/state/Pulumi.${stack}.yaml`;
  test.each([
    [
      ["up", "--stack", "dev"],
      ["up", "--stack", "dev", "--config-file", "/state/Pulumi.dev.yaml"],
    ],
    [
      ["preview", "-s", "dev", "--diff"],
      ["preview", "-s", "dev", "--diff", "--config-file", "/state/Pulumi.dev.yaml"],
    ],
    [
      ["preview", "--stack=dev"],
      ["preview", "--stack=dev", "--config-file", "/state/Pulumi.dev.yaml"],
    ],
    [["up"], ["up"]],
    [
      ["config", "set", "a", "b", "-s", "dev"],
      ["config", "set", "a", "b", "-s", "dev"],
    ],
    [
      ["stack", "ls"],
      ["stack", "ls"],
    ],
    [
      ["up", "-s", "dev", "--config-file", "mine.yaml"],
      ["up", "-s", "dev", "--config-file", "mine.yaml"],
    ],
  ])("%j become %j", (given, expected) => expect(withSettings(given, file)).toEqual(expected));
});

test("the toolchain's key changes with every source", () => {
  const folder = mkdtempSync(join(tmpdir(), "mlstack-toolchain-"));
  const source = "tools/toolchain/language-nodejs";
  cpSync(source, folder, { recursive: true });
  expect(sourcesKey(folder)).toBe(sourcesKey(source));
  writeFileSync(join(folder, "host.go"), "package main\n");
  expect(sourcesKey(folder)).not.toBe(sourcesKey(source));
  rmSync(folder, { recursive: true });
});

describe("a lock", () => {
  test("of a process that lives is left alone", () => expect(isStale({ pid: process.pid, hostname: hostname() })).toBe(false));
  test("of a process that is gone is stale", () => expect(isStale({ pid: 2 ** 22 + 1, hostname: hostname() })).toBe(true));
  test("of another machine is left alone", () => expect(isStale({ pid: 2 ** 22 + 1, hostname: "elsewhere" })).toBe(false));
});

test("says where the API answers and what to type", () => {
  expect(farewell({ url: "http://127.0.0.1:8000", tryIt: "curl http://127.0.0.1:8000/features/1" })).toBe(
    "\nThe API answers at http://127.0.0.1:8000\nTry it:   curl http://127.0.0.1:8000/features/1\nStop it:  npm run stop\n",
  );
});

test("counts the cases of several JUnit documents", () => {
  const documents = [
    '<testsuites tests="9"><testsuite name="a" tests="5" failures="1" errors="0" skipped="1"></testsuite></testsuites>',
    '<testsuites><testsuite name="pytest" errors="1" failures="0" skipped="0" tests="3"></testsuite></testsuites>',
  ];
  expect(tally(documents)).toEqual({ passed: 5, failed: 2, skipped: 1 });
});
