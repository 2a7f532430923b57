import * as w from "../workload/adapter/index.ts";
import type { Existing } from "./existing.ts";
import { RUN, SIZES } from "./labels.ts";
import { jobProgress } from "./progress.ts";

/** What a run of a job is given that does not decide whether it runs again. */
export type Sizes = ReturnType<typeof w.partsOf>["sizes"] & { readonly placement: w.CompletePlacement };

/**
 * The sizes of the existing run while nothing decides for another: work that is done must not run again for a limit. A
 * run that has failed, or cannot start, gets the new ones.
 */
export function sizesOf(
  existing: Existing | undefined,
  fingerprint: string,
  container: w.CompleteContainer,
  placement: w.CompletePlacement,
): Sizes {
  const wanted = { ...w.partsOf(container).sizes, placement };
  const { [RUN]: last, [SIZES]: sizes } = existing?.metadata.annotations ?? {};
  if (existing === undefined || last !== fingerprint || sizes === undefined) return wanted;
  const { done, failed, reached } = jobProgress(existing);
  const goesOn = done || (reached > 0 && failed !== true);
  // A run of an older version may lack a size, and has none of it to keep.
  return goesOn ? { ...wanted, ...JSON.parse(sizes) } : wanted;
}
