import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { ROOT } from "../../tools/lib/folders.ts";

/** An engine on which every image has one id, and tests end as they are said to. */
const DOCKER = `#!/usr/bin/env bash
case $1 in
  image) echo "$IMAGE" ;;
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

/** Tests Redis' image; what is printed, and the image of each run of tests so far. */
function tested(env: Record<string, string> = {}): { text: string; runs: string[] } {
  const results = mkdtempSync(join(folder, "results-"));
  const given = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    MLSTACK_CACHE: folder,
    JUNIT_DIR: results,
    RUNS: join(folder, "runs"),
    IMAGE: "sha256:a",
    CODE: "0",
    ...env,
  };
  const { stdout } = spawnSync(join(ROOT, "workloads", "test"), ["redis"], { encoding: "utf8", env: given });
  // A result for the count, whether the tests were run or not.
  expect(existsSync(join(results, "redis.xml"))).toBe(true);
  return { text: stdout, runs: readFileSync(join(folder, "runs"), "utf8").trim().split("\n") };
}

test("tests that have passed are not run again in the very same image, and count as passed", () => {
  expect(tested().text).toMatch(/^✓ redis: \d+ s$/m);
  expect(tested()).toEqual({ text: "✓ redis: passed before, in this very image\n", runs: ["sha256:a"] });
});

test("they are run in another image, in which the former one has not passed any more", () => {
  tested();
  expect(tested({ IMAGE: "sha256:b" }).runs).toEqual(["sha256:a", "sha256:b"]);
  expect(tested().runs).toEqual(["sha256:a", "sha256:b", "sha256:a"]);
});

test("they are run again where they have failed, and on request", () => {
  expect(tested({ CODE: "1" }).text).toContain("✗ redis: tests failed");
  expect(tested().runs).toHaveLength(2);
  expect(tested({ AGAIN: "1" }).runs).toHaveLength(3);
});
