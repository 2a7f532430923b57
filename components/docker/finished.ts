import * as pulumi from "@pulumi/pulumi";

import type { PlainArguments } from "./changes.ts";
import type { ContainerArguments } from "./effects.ts";
import type { ContainerView } from "./engine-view.ts";
import type { ContainerRecord, StackRecord } from "./record.ts";

/** Arguments of a job's container that do not decide whether it runs again: a changed one waits for its next run. */
export const SIZES = [
  "cpuQuota",
  "cpuShares",
  "destroyGraceSeconds",
  "dns",
  "gpus",
  "logDriver",
  "logOpts",
  "memory",
  "memoryReservation",
  "memorySwap",
  "networksAdvanced",
  "stopTimeout",
  "tmpfs",
  "ulimits",
  "user",
] as const satisfies readonly (keyof ContainerArguments & keyof ContainerRecord)[];

/** A run of a job that has succeeded. */
interface Finished {
  /** Hash of what decided that it ran. */
  readonly fingerprint: string;
  readonly container: ContainerRecord;
}

/** The last run of job `name`, if it has succeeded. @param last under its name on the engine · @param before as the state has it */
export function finishedRun(
  { jobs }: Pick<StackRecord, "jobs">,
  name: string,
  last: ContainerView | undefined,
  before: ContainerRecord | undefined,
): Finished | undefined {
  const ran = jobs.find(({ place }) => place.name === name);
  if (before === undefined || ran === undefined) return undefined;
  const succeeded = last === undefined ? before.exitCode === 0 : !last.running && last.exitCode === 0;
  return succeeded ? { fingerprint: ran.fingerprint, container: before } : undefined;
}

/**
 * `args` with the sizes of the finished run, while nothing decides for another: for some of them the provider would make its
 * container anew, and so run the work again; and none can be changed where the container was pruned.
 */
export function withSizesOf(run: Finished | undefined, fingerprint: pulumi.Output<string>, args: PlainArguments): PlainArguments {
  if (run === undefined) return args;
  // Each by itself: what else is not known yet in a preview would make all of them unknown.
  const sizeOf = (size: (typeof SIZES)[number]) =>
    pulumi
      .all([fingerprint, pulumi.output<unknown>(args[size])])
      .apply(([now, wanted]) => given(now === run.fingerprint ? run.container[size] : wanted));
  return { ...args, ...Object.fromEntries(SIZES.map((size) => [size, sizeOf(size)])) };
}

/** What the provider reports for an argument that was not given. */
function given(value: unknown): unknown {
  return value === null || value === 0 || (Array.isArray(value) && value.length === 0) ? undefined : value;
}
