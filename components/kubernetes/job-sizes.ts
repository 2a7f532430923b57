import * as w from "../workload/adapter/index.ts";
import type { Existing } from "./existing.ts";
import { RUN, SIZES } from "./labels.ts";
import { jobProgress } from "./progress.ts";

/** What a run of a job is given that does not decide whether it runs again. */
export type Sizes = Pick<w.CompleteContainer, "resources" | "scratch" | "sharedMemory" | "stopGrace" | "user"> & {
  readonly placement: w.CompletePlacement;
};

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
  const wanted = { ...sizesIn(container), placement };
  const { [RUN]: last, [SIZES]: sizes } = existing?.metadata.annotations ?? {};
  if (existing === undefined || last !== fingerprint || sizes === undefined) return wanted;
  const { done, failed, reached } = jobProgress(existing);
  const goesOn = done || (reached > 0 && failed !== true);
  // A run of an older version may lack a size, and has none of it to keep.
  return goesOn ? { ...wanted, ...JSON.parse(sizes) } : wanted;
}

/** Every field of a container is a size, or part of the fingerprint, or opens flows, which any run may use. */
function sizesIn(container: w.CompleteContainer): Omit<Sizes, "placement"> {
  const { resources, scratch, sharedMemory, stopGrace, user, ...others } = container;
  const { image: _decides, command: _too, args: _these, env: _those, mounts: _also, ...flows } = others;
  const { calls: _policies, outside: _likewise, ...rest } = flows;
  w.nothingLeft(rest);
  return { resources, scratch, sharedMemory, stopGrace, user };
}
