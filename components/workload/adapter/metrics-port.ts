/** Where a member of a gang answers unless its METRICS_PORT says otherwise: the contract of docs/metrics.md. */
const MEMBER_PORT = 9400;

/** Port of `GET /metrics` by what the variable METRICS_PORT of a member says; undefined where it is to serve none. */
export function memberMetricsPort(variable: string | undefined): number | undefined {
  const port = variable === undefined ? MEMBER_PORT : Number(variable);
  return Number.isInteger(port) && port > 0 ? port : undefined;
}
