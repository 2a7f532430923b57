import type { GatewayPart, RedisPart } from "./observed.ts";
import { alone, answering, freeOfDisks, of, promTime } from "./query.ts";
import { type Alert, alertOf, command, type Watched } from "./rule.ts";

/** What is behind a gateway, where it is not looked at itself, and how long its certificate is valid. */
export function gatewayAlerts(watched: Watched, part: GatewayPart): Alert[] {
  const isSeen = watched.parts.some(({ kind, target }) => kind === "server" && target.name === part.behind);
  return [...(isSeen ? [] : [fewBehind(watched, part)]), ...(part.tls ? certificate(watched, part) : [])];
}

function fewBehind(watched: Watched, part: GatewayPart): Alert {
  const { name } = part.target;
  const behind = of(part, "haproxy_backend_active_servers", watched.scope, 'proxy="replicas"');
  return alertOf(watched, name, {
    alert: "GatewayMissesReplicas",
    severity: "critical",
    expr: `sum(${behind}) < ${part.replicas} and on() (${answering(part, watched.scope)} == 1)`,
    lasts: promTime(watched.settings.missingFor),
    summary: `Behind ${name}, {{ $value }} of ${part.replicas} replicas of ${part.behind} take requests.`,
    next: `See which one is missing, and why: ${command(watched, "status --")}, and ${command(watched, `logs -- ${part.behind} --tail 20`)}.`,
  });
}

/** Two days before its end it is an emergency. */
function certificate(watched: Watched, part: GatewayPart): Alert[] {
  const { name } = part.target;
  const days = `(min(${of(part, "probe_ssl_earliest_cert_expiry", watched.scope)}) - time()) / 86400`;
  const fault = (alert: string, severity: "critical" | "warning", left: number) =>
    alertOf(watched, name, {
      alert,
      severity,
      expr: `${days} < ${left}`,
      lasts: "15s",
      summary: `The certificate of ${name} ends in {{ printf "%.1f" $value }} days: after that clients refuse to speak to it.`,
      next: "Set a new certificate with its key in the gateway's edge.tls, and deploy. A self-signed one is made again when its resource is replaced.",
    });
  const { certificateDays } = watched.settings;
  return [fault("CertificateEnds", "warning", certificateDays), fault("CertificateEndsNow", "critical", Math.min(2, certificateDays))];
}

/** Whether a Redis keeps what it is given. */
export function redisAlerts(watched: Watched, part: RedisPart): Alert[] {
  const { name } = part.target;
  const { scope } = watched;
  const used = of(part, "redis_memory_used_bytes", scope);
  const most = of(part, "redis_memory_max_bytes", scope);
  const saved = ["redis_rdb_last_bgsave_status", "redis_aof_last_write_status", "redis_aof_last_bgrewrite_status"];
  return [
    alertOf(watched, name, {
      alert: "RedisCannotSave",
      severity: "critical",
      expr: `min(${saved.map((metric) => `${of(part, metric, scope)} == 0`).join(" or ")})`,
      lasts: "15s",
      summary: `${name} cannot write its data to its volume: what it is given now would be lost at a restart.`,
      next: `Its log says why, mostly a full disk: ${command(watched, `logs -- ${name} --tail 20`)}.`,
    }),
    alertOf(watched, name, {
      alert: "RedisFull",
      severity: "warning",
      expr: `100 * max(${used}) / (max(${most}) > 0) > 90`,
      lasts: "1m",
      summary: `${name} has used {{ printf "%.0f" $value }} % of the memory that its data may take.`,
      next: "Raise resources.memory of this Redis, or let fewer features be loaded. When it is full it refuses writes, or throws keys away, as its policy says.",
    }),
  ];
}

/** The machine on which all of it runs. */
export function hostAlerts(watched: Watched): Alert[] {
  const { scope, settings } = watched;
  if (!watched.host) return [];
  return [
    alertOf(watched, undefined, {
      alert: "DiskFull",
      severity: "critical",
      expr: `${freeOfDisks(scope)} < ${settings.diskFree}`,
      lasts: "30s",
      summary: `Of the host's disk {{ $labels.device }} only {{ printf "%.1f" $value }} % are free.`,
      next: "Remove what is not needed: docker system df shows what images and volumes take. A full disk ends databases and training.",
    }),
    alertOf(watched, undefined, {
      alert: "MemoryShort",
      severity: "warning",
      expr: `100 * min(${alone("node_memory_MemAvailable_bytes", scope)}) / min(${alone("node_memory_MemTotal_bytes", scope)}) < 5`,
      lasts: "1m",
      summary: 'The host has {{ printf "%.1f" $value }} % of its memory left: the kernel will end programs.',
      next: `See which part takes it: ${command(watched, "status --")}; lower its limit, or run fewer replicas.`,
    }),
  ];
}

/** Whether monitoring itself can be believed. */
export function ownAlerts(watched: Watched): Alert[] {
  const { scope } = watched;
  if (!watched.own) return [];
  return [
    alertOf(watched, undefined, {
      alert: "AlertsNotDelivered",
      severity: "critical",
      expr: `sum(increase(${alone("alertmanager_notifications_failed_total", scope)}[2m])) > 1 or sum(increase(${alone("vmalert_alerts_send_errors_total", scope)}[2m])) > 1`,
      lasts: "1m",
      summary: "Alerts could not be delivered ({{ $value }} times in 2 minutes): only the page shows them.",
      next: "See why in the log of the part that delivers them, and compare the address and the login of mlstack:monitoring.receivers.",
    }),
    alertOf(watched, undefined, {
      alert: "RulesFail",
      severity: "critical",
      expr: `sum(increase(${alone("vmalert_alerting_rules_errors_total", scope)}[1m])) > 0`,
      // While the store is started again, no rule can be evaluated.
      lasts: "2m",
      summary: "Rules of alerts could not be evaluated ({{ $value }} times in a minute): a fault may stay unseen.",
      next: "See whether the store of metrics answers, and whether its volume is full.",
    }),
    alertOf(watched, undefined, {
      alert: "MetricsStoreFull",
      severity: "critical",
      expr: `max(${alone("vm_storage_is_read_only", scope)}) == 1`,
      lasts: "15s",
      summary: "The store of metrics takes no more numbers, because its disk is full.",
      next: "Make its volume larger, or keep metrics for fewer days (mlstack:monitoring.metrics).",
    }),
  ];
}
