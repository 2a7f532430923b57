/** Why a deployment failed: the job's name, exit code and last lines. @param log its last lines */
export function jobFailure(job: string, exitCode: number, log: readonly string[]): string {
  const lines = log.map((line) => `    ${line}`).join("\n");
  return `job "${job}" failed with exit code ${exitCode}; its last ${log.length} log lines:\n${lines}\n  Fix the cause and deploy again; the job will rerun.`;
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
