/** How many test cases came to which end. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Sums the test cases of JUnit documents by their outer-most suites. */
export function tally(documents: readonly string[]): Tally {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const document of documents) {
    for (const [suite] of document.matchAll(/<testsuite\s[^>]*>/g)) {
      const amount = (name: string) => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
      const failed = amount("failures") + amount("errors");
      total.failed += failed;
      total.skipped += amount("skipped");
      total.passed += amount("tests") - failed - amount("skipped");
    }
  }
  return total;
}

/** The line with which a run of tests ends, e.g. `12 passed, 0 failed, 1 skipped`. */
export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}
