import { statfs } from "node:fs/promises";

/** Where an engine keeps all that it has. */
export interface Disk {
  readonly folder: string;
  /** Free bytes; undefined where the folder is not of this machine. */
  readonly free: number | undefined;
}

/** The engine's own words where it can write no more. */
const FULL = /no space left on device|disk quota exceeded/i;
/** Free bytes below which any failure is put down to the disk: of what a build says, the provider passes on no more than that it failed. */
const LEAST = 16 * 1024 ** 2;

/** Free bytes for what is written to a folder of this machine; undefined where there is no such folder. */
export async function freeSpace(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** What to do where a change of the engine failed because its disk is full; undefined where that is not the cause. @param errors of the change */
export function fullDisk(errors: readonly string[], { folder, free }: Disk): string | undefined {
  if (!errors.some((error) => FULL.test(error)) && (free === undefined || free >= LEAST)) return undefined;
  const left = free === undefined ? "" : `, ${(free / 1024 ** 2).toFixed(0)} MiB free`;
  return [
    `the Docker engine's disk is full (${folder}${left}): it could not write all that this deployment makes`,
    "  Make room (`docker system df` says what takes it, `docker image prune` removes images that no tag names), then deploy again.",
  ].join("\n");
}
