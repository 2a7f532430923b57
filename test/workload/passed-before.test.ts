import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";

/** An engine on which the base has one id and every other image another, and tests end as they are said to. */
const DOCKER = `#!/usr/bin/env bash
case $1 in
  image) if [ "\${@: -1}" = "$MLSTACK_BASE_IMAGE" ]; then echo "$BASE"; else echo "$IMAGE"; fi ;;
  build) echo built >>"$BUILDS" ;;
  run) echo "$IMAGE" >>"$RUNS"; exit "$CODE" ;;
  cp) echo "<testsuite/>" >"\${@: -1}" ;;
esac
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-passed-"));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "docker"), DOCKER);
  chmodSync(join(folder, "bin", "docker"), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Tests Redis' image; what is printed, the image of each run of tests so far, and how many images were built this time. */
function tested(env: Record<string, string> = {}): { text: string; runs: string[]; builds: number } {
  const results = mkdtempSync(join(folder, "results-"));
  const given = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    MLSTACK_CACHE: folder,
    JUNIT_DIR: results,
    RUNS: join(folder, "runs"),
    BUILDS: join(results, "builds"),
    MLSTACK_BASE_IMAGE: "base",
    BASE: "sha256:base",
    IMAGE: "sha256:a",
    CODE: "0",
    ...env,
  };
  const { stdout } = spawnSync(join(ROOT, "workloads", "test"), ["redis"], { encoding: "utf8", env: given });
  // A result for the count, whether the tests were run or not.
  expect(existsSync(join(results, "redis.xml"))).toBe(true);
  const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
  return { text: stdout, runs: linesOf(join(folder, "runs")), builds: linesOf(join(results, "builds")).length };
}

/** Python's image, that of the tests, and Redis'. */
const ALL = 3;

test("tests that have passed are not run again while no file has changed, and count as passed; nothing is built", () => {
  const { text, builds } = tested();
  expect(text).toMatch(/^✓ redis: \d+ s$/m);
  expect(builds).toBe(ALL);
  expect(tested()).toEqual({ text: "✓ redis: passed before, with these very files\n", runs: ["sha256:a"], builds: 0 });
});

test("nor in the very same image, whatever it is built of", () => {
  tested();
  const other = { BASE: "sha256:other" };
  expect(tested(other)).toEqual({ text: "✓ redis: passed before, in this very image\n", runs: ["sha256:a"], builds: ALL });
  expect(tested(other).builds).toBe(0);
  expect(tested().builds).toBe(ALL);
});

test("they are run in another image, in which the former one has not passed any more", () => {
  const other = { BASE: "sha256:other", IMAGE: "sha256:b" };
  tested();
  expect(tested(other).runs).toEqual(["sha256:a", "sha256:b"]);
  expect(tested().runs).toEqual(["sha256:a", "sha256:b", "sha256:a"]);
});

test("they are run again where they have failed, and on request", () => {
  expect(tested({ CODE: "1" }).text).toContain("✗ redis: tests failed");
  expect(tested().runs).toHaveLength(2);
  expect(tested({ AGAIN: "1" }).runs).toHaveLength(3);
  expect(tested({ AGAIN: "1", CODE: "1" }).text).toContain("✗ redis: tests failed");
  expect(tested().runs).toHaveLength(5);
});
