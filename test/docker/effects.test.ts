import { expect, test } from "vitest";

import { effectOfArguments, renewedFor } from "../../components/docker/effects.ts";

test.each([
  ["serves", ["memory", "memorySwap"], "in place"],
  ["serves", ["envs"], "replaced"],
  // The provider would report it as updated, and do nothing.
  ["serves", ["cpuQuota"], "replaced"],
  ["serves", ["mustRun", "destroyGraceSeconds"], "nothing"],
  ["trains", ["maxRetryCount"], "in place"],
  // A size of work that is done waits for its next run.
  ["works", ["cpuQuota", "tmpfs"], "nothing"],
  ["works", ["mounts"], "replaced"],
  // An argument of a later release: nobody has decided that it does no harm.
  ["serves", ["somethingNew"], "replaced"],
] as const)("a container that %s, with another %s: %s", (duty, changed, effect) => {
  expect(effectOfArguments(duty, changed)).toBe(effect);
});

test("what the engine replaces a container for is what its effect says", () => {
  for (const duty of ["serves", "trains", "works", "waits"] as const)
    for (const argument of renewedFor(duty)) expect(effectOfArguments(duty, [argument])).toBe("replaced");
});
