import type { GatewayPart, Observed, ServerPart } from "./observed.ts";
import { of } from "./query.ts";
import { type Alert, alertOf, command, type Watched } from "./rule.ts";

/** Where requests of users are counted. */
export type Asked = ServerPart | GatewayPart;

/** Routes that only the platform asks: what they answer is no answer to a user. */
const OURS = 'route!~"/|/health|/ready|/alive|/metrics"';

/**
 * The parts whose errors users see: gateways, and servers that have none in front. What a gateway answers itself, such as 503
 * where nothing is behind it, no server has counted.
 */
export function askedOf(parts: readonly Observed[]): Asked[] {
  const behind = new Set(parts.flatMap((part) => (part.kind === "gateway" ? [part.behind] : [])));
  return parts.filter((part): part is Asked => part.kind === "gateway" || (part.kind === "server" && !behind.has(part.target.name)));
}

/** Requests of users, as a counter. @param failed only those that the server failed to answer */
export function requestsOf(part: Asked, { scope }: Pick<Watched, "scope">, failed: boolean): string {
  if (part.kind === "server") return of(part, "mlstack_requests_total", scope, OURS, ...(failed ? ['code=~"5.."'] : []));
  return of(part, "haproxy_frontend_http_responses_total", scope, 'proxy="public"', ...(failed ? ['code="5xx"'] : []));
}

/** Seconds until those of a server were answered, as a histogram. */
export function secondsOf(part: ServerPart, { scope }: Pick<Watched, "scope">): string {
  return of(part, "mlstack_request_seconds_bucket", scope, OURS);
}

/**
 * Two windows for each speed at which the month's errors are used up: the longer says that it matters, the shorter that it
 * still goes on. The numbers are those of Google's workbook on reliability, which Sloth generates too: 14.4 times as fast as
 * allowed uses 2 % of a month's errors in an hour, 6 times 5 % in six, 3 times 10 % in a day, once 10 % in three.
 */
const FAST = [
  { burn: 14.4, short: "5m", long: "1h" },
  { burn: 6, short: "30m", long: "6h" },
] as const;
const SLOW = [
  { burn: 3, short: "2h", long: "1d" },
  { burn: 1, short: "6h", long: "3d" },
] as const;

/** Errors come faster than the objective allows: at once what would use up a month's in days, later what goes on for long. */
export function budgetAlerts(watched: Watched, part: Asked): { fast: Alert; slow: Alert } {
  const { name } = part.target;
  const { objective } = watched.settings;
  const allowed = (100 - objective) / 100;
  const failed = requestsOf(part, watched, true);
  const all = requestsOf(part, watched, false);
  const share = (window: string) => `sum(rate(${failed}[${window}])) / sum(rate(${all}[${window}]))`;
  const enough = (window: string) => `sum(increase(${failed}[${window}])) >= ${watched.settings.leastErrors}`;
  const burns = ({ burn, short, long }: (typeof FAST | typeof SLOW)[number]) => {
    const most = Number((burn * allowed).toPrecision(6));
    return `(${share(short)} > ${most} and ${share(long)} > ${most} and ${enough(long)})`;
  };
  const next = `See which requests fail: ${command(watched, `logs -- ${name} --since 10m`)}; and what is behind them: ${command(watched, "status --")}.`;
  const fault = (alert: string, windows: typeof FAST | typeof SLOW) => ({
    alert,
    expr: windows.map(burns).join(" or "),
    summary: `{{ $value | humanizePercentage }} of the requests to ${name} fail; ${objective} % should be answered${alert === "ErrorBudgetBurnsFast" ? "" : ", and for hours too many are not"}.`,
    next,
  });
  return {
    fast: alertOf(watched, name, { ...fault("ErrorBudgetBurnsFast", FAST), severity: "critical" }),
    slow: alertOf(watched, name, { ...fault("ErrorBudgetBurnsSlowly", SLOW), severity: "warning" }),
  };
}
