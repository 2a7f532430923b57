import { cpSync, linkSync, rmSync, statSync } from "node:fs";

/** Puts a file into another place, as a link where both are on one disk, in the place of whatever is there. */
export function place(from: string, to: string): void {
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to, { preserveTimestamps: true });
  }
}

/** Whether a file was put there and nothing else since: two builds of nearly the same sources may have one size. */
export function isPlaced(from: string, to: string): boolean {
  const [one, other] = [from, to].map((file) => statSync(file, { throwIfNoEntry: false }));
  return one !== undefined && other !== undefined && one.size === other.size && one.mtimeMs === other.mtimeMs;
}
