import * as pulumi from "@pulumi/pulumi";

import { gangFailure, LOG_LINES, Refusal } from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";
import { hasGivenUp } from "./drift.ts";
import type { ContainerArguments } from "./effects.ts";
import { endOf } from "./ends.ts";
import type { Engine } from "./engine.ts";
import type { ContainerRecord } from "./record.ts";
import { givenUpText } from "./trouble.ts";

/** A gang on the engine. */
export interface Members {
  readonly gang: string;
  /** The setting of their memory limit. */
  readonly memorySetting: string;
  /** Their names on the engine, by name within the stack. */
  readonly containers: ReadonlyMap<string, string>;
}

/** Arguments that are changed in place, which starts nothing. */
const IN_PLACE = ["memory", "memoryReservation", "memorySwap", "cpuShares", "maxRetryCount"] as const;

/**
 * Why a member that has used all its restarts is started again, as the end of a sentence: it is given other limits. Any other
 * change of it replaces it anyway; without one it stays, and the preview says so.
 */
export function secondChance(
  { view }: DockerContext,
  name: string,
  before: ContainerRecord | undefined,
  args: Pick<ContainerArguments, (typeof IN_PLACE)[number]>,
): string | undefined {
  const now = before && view.details.get(before.id);
  if (before === undefined || now === undefined || !hasGivenUp("trains", now)) return undefined;
  if (IN_PLACE.some((argument) => before[argument] !== (args[argument] ?? 0)))
    return "had used all its restarts and is given other limits: it will be started again";
  if (pulumi.runtime.isDryRun()) {
    void pulumi.log.warn(
      `${name} has used all its restarts (${now.restarts}) and ended with exit code ${now.exitCode}: a deployment that changes nothing of it fails, with its last log lines`,
    );
  }
  return undefined;
}

/** @throws Refusal where a member of a gang has failed for good, with its last log lines and the remedy. */
export async function refuseFailed(
  engine: Pick<Engine, "inspect" | "lastLines">,
  { gang, memorySetting, containers }: Members,
): Promise<void> {
  for (const [name, container] of containers) {
    const seen = await engine.inspect(container);
    // One that is to be started once more is restarting, not exited.
    if (seen?.State.Status !== "exited" || seen.State.ExitCode === 0) continue;
    const why = `${name} ${givenUpText(seen)}`;
    const log = await engine.lastLines(container, LOG_LINES).catch(() => []);
    throw new Refusal(gangFailure(gang, why, log, `docker rm -f ${[...containers.values()].join(" ")}`, endOf(seen, memorySetting)));
  }
}
