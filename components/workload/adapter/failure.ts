/** How work ended. */
export interface End {
  readonly exitCode: number;
  /** Its memory limit, and the setting that gives it, where the kernel ended it because it needed more. */
  readonly outOfMemory?: { readonly limit: string; readonly setting: string } | undefined;
}

/** How work ended, as the end of a sentence. @param failed what it did otherwise, e.g. `failed` */
export function endText({ exitCode, outOfMemory }: End, failed: string): string {
  return outOfMemory === undefined
    ? `${failed} with exit code ${exitCode}`
    : `was killed because it needs more memory than its limit of ${outOfMemory.limit} (exit code ${exitCode})`;
}

/** Why a deployment failed: how the job ended, its last lines, and what to do. @param log its last lines */
export function jobFailure(job: string, end: End, log: readonly string[]): string {
  return `job "${job}" ${endText(end, "failed")}; ${logText(log)}\n  ${remedyOf(end)} and deploy again; the job will rerun.`;
}

/** The same for a service that does not keep its promise. @param why of one of its replicas, as a sentence */
export function serviceFailure(service: string, why: string, log: readonly string[], end?: End): string {
  return `service "${service}" is not ready: ${why}; ${logText(log)}\n  ${remedyOf(end)} and deploy again.`;
}

/** The same for a gang of which a member has failed for good. @param again the command after which a deployment starts it as it is */
export function gangFailure(gang: string, why: string, log: readonly string[], again: string, end?: End): string {
  return `gang "${gang}" has failed: ${why}; ${logText(log)}\n  ${remedyOf(end)} and deploy again: a changed gang starts again; to start it as it is, first \`${again}\`.`;
}

function remedyOf(end: End | undefined): string {
  return end?.outOfMemory === undefined ? "Fix the cause" : `Raise ${end.outOfMemory.setting}`;
}

function logText(log: readonly string[]): string {
  if (log.length === 0) return "it has written no log";
  return `its last ${log.length} log lines:\n${log.map((line) => `    ${line}`).join("\n")}`;
}

/** EX_TEMPFAIL of sysexits.h: the exit code of a gang's member that has lost a peer, and did not fail itself. */
export const LOST_PEER = 75;

/** Most lines of a log that a failure shows. */
export const LOG_LINES = 20;

/** The lines of a log that are not blank. */
export function linesOf(log: string): string[] {
  return log.split("\n").filter((line) => line.trim() !== "");
}

/** A text of several lines in one, for the middle of a sentence. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
