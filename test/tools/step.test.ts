import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type Report, sideBySide, step } from "../../tools/lib/step.ts";

let written: string[];

beforeEach(() => {
  vi.useFakeTimers();
  written = [];
  vi.stubEnv("CI", "true");
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text).replace(/\d+\.\d s/, "N s")) > 0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A step that ends when it is told to. */
function begun(work: (report: Report) => void) {
  const { promise, resolve, reject } = Promise.withResolvers<{ summary: string; value: number }>();
  const ended = step("Pulumi", (report) => {
    work(report);
    return promise;
  });
  return { ended, succeed: () => resolve({ summary: "built", value: 7 }), fail: () => reject(new Error("no compiler")) };
}

test("a slow step says every ten seconds what it does, and nothing when it has ended", async () => {
  const { ended, succeed } = begun((report) => report("building pulumi"));
  await vi.advanceTimersByTimeAsync(25_000);
  expect(written).toEqual(Array(3).fill("• Pulumi: building pulumi (N s)\n"));
  succeed();
  expect(await ended).toBe(7);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(written.slice(3)).toEqual(["✓ Pulumi: built, N s\n"]);
});

test("only the last thing that it does is said again", async () => {
  const { ended, succeed } = begun((report) => ["downloading", "building"].forEach((what) => void report(what)));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(written).toEqual(["downloading", "building", "building"].map((what) => `• Pulumi: ${what} (N s)\n`));
  succeed();
  await ended;
});

test("a step that fails says no more", async () => {
  const { ended, fail } = begun((report) => report("building pulumi"));
  fail();
  await expect(ended).rejects.toThrow("no compiler");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(written).toEqual(["• Pulumi: building pulumi (N s)\n", "✗ Pulumi, N s\n"]);
});

test("of two steps side by side, the one that fails waits for the other", async () => {
  const [first, second] = [begun(() => {}), begun(() => {})];
  const ended = sideBySide(first.ended, second.ended).catch((error: unknown) => String(error));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  first.fail();
  await vi.advanceTimersByTimeAsync(1000);
  expect(isOver).toBe(false);
  second.succeed();
  expect(await ended).toBe("Error: no compiler");
});
