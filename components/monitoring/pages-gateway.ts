import { requestsOf } from "./alerts-budget.ts";
import type { GatewayPart } from "./observed.ts";
import { graph, type Row } from "./page.ts";
import { ASKED } from "./pages-serving.ts";
import { of, type Scope } from "./query.ts";

/** What a gateway lets through, and what is behind it. */
export function gatewayRow(part: GatewayPart, scope: Scope): Row {
  const all = requestsOf(part, { scope }, false);
  const failed = requestsOf(part, { scope }, true);
  const replicas = (metric: string) => of(part, metric, scope, 'proxy="replicas"');
  return {
    title: `${part.target.name}, in front of ${part.behind}`,
    panels: [
      graph("Answers", "Answers a second, by kind of status.", "requests/s", `sum by (code) (rate(${all}[1m]))`, "{{code}}"),
      graph(
        "Errors",
        "Share of answers that are an error of the server, over five minutes.",
        "%",
        `100 * (sum(rate(${failed}[5m])) or vector(0)) / sum(rate(${all}[5m]))`,
        "of requests",
        { emptyWhile: ASKED },
      ),
      graph(
        "Time",
        "Average of the last 1024 answers of replicas.",
        "s",
        replicas("haproxy_backend_response_time_average_seconds"),
        "average",
      ),
      graph(
        "Connections",
        "Clients that are connected now.",
        "count",
        of(part, "haproxy_frontend_current_sessions", scope, 'proxy="public"'),
        "connected",
      ),
      {
        ...graph(
          "Replicas",
          `Replicas of ${part.behind} that take requests.`,
          "count",
          replicas("haproxy_backend_active_servers"),
          "take requests",
        ),
        queries: [
          { expr: replicas("haproxy_backend_active_servers"), legend: "take requests" },
          { expr: `vector(${part.replicas})`, legend: "declared" },
        ],
        steps: true,
      },
      graph(
        "Retries",
        "Requests a second that were asked of another replica.",
        "per second",
        `rate(${replicas("haproxy_backend_retry_warnings_total")}[1m])`,
        "retries",
      ),
      ...(part.tls
        ? [
            graph(
              "Certificate",
              "Days until it ends.",
              "count",
              `(min(${of(part, "probe_ssl_earliest_cert_expiry", scope)}) - time()) / 86400`,
              "days",
            ),
          ]
        : []),
    ],
  };
}
