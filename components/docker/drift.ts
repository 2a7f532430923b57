import type { ContainerDetail } from "./engine-view.ts";
import type { ContainerRecord } from "./record.ts";

/**
 * What a container is for: `serves` until the stack ends, `trains` to an end of its own, `works` once and leaves a result, or
 * only `waits` to be copied or read.
 */
export type Duty = "serves" | "trains" | "works" | "waits";

const MEBIBYTE = 1024 ** 2;

/** Exit codes of a process that SIGKILL or SIGTERM has ended. */
const KILLED = [137, 143];

/**
 * In which way a container is no longer what the last deployment made, as the end of a sentence that begins with its name;
 * undefined where it is. Work that has ended is a result: its container may be gone.
 *
 * @param now undefined where there is no container of that id any more
 */
export function deviationOf(before: ContainerRecord, now: ContainerDetail | undefined, duty: Duty): string | undefined {
  if (duty === "works") return undefined;
  if (now === undefined) return "is gone: it will be made again";
  if (now.name !== before.name) return `was renamed to ${now.name} by hand: it will be made again`;
  if (duty === "waits" || hasEndedWell(duty, now) || hasGivenUp(duty, now)) return undefined;
  if (now.status === "paused") return "was paused by hand: it will be started again";
  if (now.status === "created") return "was made and never started: it will be started";
  if (now.status === "exited" || now.status === "dead") return "was stopped by hand: it will be started again";
  const changed = changedSetting(before, now);
  if (changed !== undefined) return `has another ${changed} than the stack gives it: it will be made again`;
  for (const { name, aliases } of before.networksAdvanced) {
    const has = now.networks[name];
    if (has === undefined) return `was disconnected from network ${name} by hand: it will be made again`;
    if (aliases.some((alias) => !has.includes(alias)))
      return `has lost its name ${aliases.find((alias) => !has.includes(alias))} in network ${name}: it will be made again`;
  }
  return undefined;
}

/** Whether training has ended with an error as often as it may: the engine starts it no more. */
export function hasGivenUp(duty: Duty, { status, exitCode, restarts, restart, isOutOfMemory }: ContainerDetail): boolean {
  if (duty !== "trains" || status !== "exited" || exitCode === 0) return false;
  // Without any restart, an end by a signal is one by hand, unless the kernel was short of memory.
  if (restart.name !== "on-failure") return isOutOfMemory || !KILLED.includes(exitCode);
  return restart.maximum > 0 && restarts >= restart.maximum;
}

function hasEndedWell(duty: Duty, { status, exitCode }: ContainerDetail): boolean {
  return duty === "trains" && status === "exited" && exitCode === 0;
}

/** What `docker update` changes. */
function changedSetting(before: ContainerRecord, now: ContainerDetail): string | undefined {
  const pairs: [string, number | string, number | string][] = [
    ["memory limit", before.memory * MEBIBYTE, now.memory],
    ["memory reservation", before.memoryReservation * MEBIBYTE, now.memoryReservation],
    ["limit of memory and swap", before.memorySwap * MEBIBYTE, now.memorySwap],
    ["share of the processors", before.cpuShares, now.cpuShares],
    ["processor limit", before.cpuQuota, now.cpuQuota],
    ["restart policy", `${before.restart} ${before.maxRetryCount}`, `${now.restart.name || "no"} ${now.restart.maximum}`],
  ];
  return pairs.find(([, recorded, actual]) => recorded !== actual)?.[0];
}
