/**
 * What programs under test ended with. Everything that waits for such a program fails with the same error, or with one that says in
 * which property it was met, and without an awaiter. All files of a process share it: what waits may fail while a later one runs.
 */
const failures = sharedSet(Symbol.for("mlstack.test.failures"));

/** Notes what a program ended with: rejections that follow from it are no faults of a test. */
export function expectFailure(error: unknown): void {
  failures.add(error);
}

/**
 * Has every other unhandled rejection reported; to be called by each file. The listeners of a process, which report all, are asked behind
 * this one: beside it they would take it for a program's own way with rejections, and report none.
 */
export function reportOtherRejections(): void {
  const listeners = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
  const others = listeners.filter(({ name }) => name !== reportOthers.name);
  // The file before has put its own in their place.
  if (others.length === 0) return;
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", reportOthers);
  function reportOthers(reason: unknown, promise: Promise<unknown>): void {
    if (!follows(reason)) for (const report of others) report(reason, promise);
  }
}

function follows(reason: unknown): boolean {
  if (failures.has(reason)) return true;
  if (!(reason instanceof Error)) return false;
  return [...failures].some((failure) => failure instanceof Error && reason.message.endsWith(`": ${failure.message}`));
}

function sharedSet(key: symbol): Set<unknown> {
  const shared = globalThis as unknown as Record<symbol, Set<unknown> | undefined>;
  shared[key] ??= new Set();
  return shared[key];
}
