/** Why a deployment failed: the job's name, exit code and last lines. @param log its last lines */
export function jobFailure(job: string, exitCode: number, log: readonly string[]): string {
  const lines = log.map((line) => `    ${line}`).join("\n");
  return `job "${job}" failed with exit code ${exitCode}; its last ${log.length} log lines:\n${lines}\n  Fix the cause and deploy again; the job will rerun.`;
}
