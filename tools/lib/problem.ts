/** A mistake that the user can fix: shown as it is, without a stack trace. */
export class Problem extends Error {}

/** What this machine refuses, by the system's name for it: what it means, and what to do. */
const REFUSALS: Readonly<Record<string, string>> = {
  ENOSPC: "there is no space left for it; make room (`df -h` says where), then run this command again",
  EDQUOT: "this user's disk quota is used up; make room, then run this command again",
  EROFS: "its file system cannot be written to; set MLSTACK_STATE and MLSTACK_CACHE to folders that can",
  EACCES: "this user may not; correct the owner or the rights, or set MLSTACK_STATE and MLSTACK_CACHE to folders of their own",
};

/** What the user has to know of an error; undefined for one that is a fault of this program. */
export function problemOf(error: unknown): string | undefined {
  if (error instanceof Problem) return error.message;
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const meaning = REFUSALS[String(error.code)];
  const path = "path" in error ? String(error.path) : undefined;
  return meaning === undefined ? undefined : `${path ?? error.message}: ${meaning}`;
}
