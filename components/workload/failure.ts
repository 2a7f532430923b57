/** What a deployment says of a job that ended badly. @param log its last lines */
export function jobFailure(job: string, exitCode: number, log: readonly string[]): string {
  const lines = log.map((line) => `    ${line}`).join("\n");
  return `job "${job}" failed with exit code ${exitCode}; its last ${log.length} log lines:\n${lines}\n  Mend the cause and deploy again: the job is then run again.`;
}
