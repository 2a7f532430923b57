import type { Deviation } from "../workload/drift.ts";
import type { ContainerDetail } from "./engine-view.ts";
import type { ContainerRecord } from "./record.ts";

/**
 * What a container is for: `serves` until the stack ends, `trains` to an end of its own, `works` once and leaves a result, or
 * only `waits` to be copied or read.
 */
export type Duty = "serves" | "trains" | "works" | "waits";

/** What each noun's containers are for. */
const DUTIES: Readonly<Record<string, Duty>> = {
  "mlstack:docker:Service": "serves",
  "mlstack:docker:Gang": "trains",
  "mlstack:docker:Job": "works",
  "mlstack:docker:ConfigFiles": "works",
  "mlstack:docker:Task": "waits",
};

/** What the containers of a noun are for, by the noun's type. */
export function dutyIn(type: string): Duty {
  return DUTIES[type] ?? "waits";
}

const MEBIBYTE = 1024 ** 2;

/** Exit codes of a process that SIGKILL or SIGTERM has ended. */
const KILLED = [137, 143];

/**
 * In which way a container is no longer what the last deployment made, where the next one puts that right; undefined where it
 * is. Work that has ended is a result: its container may be gone.
 *
 * @param now undefined where there is no container of that id any more
 */
export function deviationOf(before: ContainerRecord, now: ContainerDetail | undefined, duty: Duty): Deviation | undefined {
  if (duty === "works") return undefined;
  if (now === undefined) return again("is gone");
  if (now.name !== before.name) return again(`was renamed to ${now.name} by hand`);
  if (duty !== "waits") {
    if (hasEndedWell(duty, now) || hasGivenUp(duty, now)) return undefined;
    if (now.status === "paused") return started("was paused by hand");
    if (now.status === "created") return { ...started("was made and never started"), outcome: "it will be started" };
    if (now.status === "exited" || now.status === "dead") return started("was stopped by hand");
  }
  const changed = changedSetting(before, now);
  if (changed !== undefined) return again(`has another ${changed} than the stack gives it`);
  for (const { name, aliases } of before.networksAdvanced) {
    const has = now.networks[name];
    if (has === undefined) return again(`was disconnected from network ${name} by hand`);
    const lost = aliases.find((alias) => !has.includes(alias));
    if (lost !== undefined) return again(`has lost its name ${lost} in network ${name}`);
  }
  return undefined;
}

/** A further network that a container was connected to by hand, which a deployment does not take it out of. */
export function furtherNetworkOf(before: ContainerRecord, now: ContainerDetail | undefined, duty: Duty): Deviation | undefined {
  const own = before.networksAdvanced.map(({ name }) => name);
  // One that is in no network of the stack is in the engine's own, or in none.
  const further =
    now === undefined || duty === "works" || own.length === 0 ? [] : Object.keys(now.networks).filter((name) => !own.includes(name));
  const [network] = further;
  if (network === undefined) return undefined;
  return {
    what: `was connected to network ${further.join(", ")} by hand`,
    next: "left alone",
    outcome: "it stays there",
    remedy: further.map((name) => `docker network disconnect ${name} ${before.name}`).join("; "),
  };
}

/** What a deployment makes of what is gone. */
export const GONE = {
  network: { ...again("is gone"), outcome: "it will be made again, with all that is in it" },
  volume: { ...again("is gone with its data"), outcome: "it will be made again, empty" },
} as const satisfies Record<string, Deviation>;

/** The same for the volume of config files. */
export function filesGone(files: string): Deviation {
  return { ...again(`is gone, and the files ${files} with it`), outcome: "they will be made again" };
}

/** Work that filled volumes which are gone is done again. */
export function lostWork(volumes: readonly string[]): Deviation | undefined {
  if (volumes.length === 0) return undefined;
  return { what: `worked on volume ${volumes.join(", ")}, which is gone`, next: "run again", outcome: "it will run again" };
}

/** A volume of the right name that no deployment has made: its labels are others. What is in it may be a backup that was put there. */
export function strangeVolume(before: VolumeLabels, now: VolumeLabels | undefined): Deviation | undefined {
  if (now === undefined || Object.entries(before.labels).every(([label, value]) => now.labels[label] === value)) return undefined;
  return {
    what: "was made by hand under the same name",
    next: "left alone",
    outcome: "it stays as it is, and jobs that filled the former one do not run again",
    remedy: `docker volume rm ${before.name} (its data are lost), then a deployment fills a new one`,
  };
}

interface VolumeLabels {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

function again(what: string): Deviation {
  return { what, next: "made again", outcome: "it will be made again" };
}

function started(what: string): Deviation {
  return { what, next: "started again", outcome: "it will be started again" };
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
  const { limits } = now;
  const pairs: [string, number | string, number | string][] = [
    ["memory limit", before.memory * MEBIBYTE, now.memory],
    ["memory reservation", before.memoryReservation * MEBIBYTE, now.memoryReservation],
    ["limit of memory and swap", before.memorySwap * MEBIBYTE, now.memorySwap],
    ["share of the processors", before.cpuShares, now.cpuShares],
    ["processor limit", before.cpuQuota, now.cpuQuota],
    ["restart policy", `${before.restart} ${before.maxRetryCount}`, `${now.restart.name || "no"} ${now.restart.maximum}`],
    ["processor period", before.cpuPeriod, limits.cpuPeriod],
    ["choice of processors", before.cpuSet, limits.cpus],
    // What the stack gives no container.
    ["choice of memory nodes", "", limits.memoryNodes],
    ["limit of processes", 0, limits.processes],
    ["weight on disks", 0, limits.diskWeight],
    ["share of real time", 0, limits.realTime],
  ];
  return pairs.find(([, recorded, actual]) => recorded !== actual)?.[0];
}
