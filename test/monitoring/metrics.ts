import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";

import { DECLARED } from "../../components/monitoring/query.ts";
import { ROOT } from "../support/documents.ts";

/** Metrics of programs that are not ours, of the versions that `workloads/monitoring` and `workloads/gateway` have. */
const OF_OTHERS = [
  // Written by whatever reads the numbers, and by what evaluates rules.
  ["up", "ALERTS"],
  // HAProxy 2.6
  ["haproxy_frontend_http_responses_total", "haproxy_frontend_http_requests_total", "haproxy_frontend_current_sessions"],
  ["haproxy_backend_active_servers", "haproxy_backend_response_time_average_seconds", "haproxy_backend_queue_time_average_seconds"],
  ["haproxy_backend_retry_warnings_total", "haproxy_backend_connection_errors_total", "haproxy_backend_http_responses_total"],
  // Debian's redis exporter 1.45
  ["redis_up", "redis_memory_used_bytes", "redis_memory_max_bytes", "redis_connected_clients", "redis_commands_processed_total"],
  ["redis_rdb_last_bgsave_status", "redis_aof_last_write_status", "redis_aof_last_bgrewrite_status"],
  ["redis_keyspace_hits_total", "redis_keyspace_misses_total", "redis_evicted_keys_total", "redis_db_keys"],
  // Debian's blackbox exporter 0.23
  ["probe_success", "probe_duration_seconds", "probe_ssl_earliest_cert_expiry"],
  // Debian's node exporter 1.5
  ["node_filesystem_avail_bytes", "node_filesystem_free_bytes", "node_filesystem_size_bytes"],
  ["node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"],
  ["node_cpu_seconds_total", "node_load1"],
  ["node_disk_read_bytes_total", "node_disk_written_bytes_total"],
  // VictoriaMetrics and vmalert 1.151
  ["vm_storage_is_read_only", "vm_free_disk_space_bytes", "vm_data_size_bytes", "vm_rows_inserted_total"],
  ["vm_promscrape_scrapes_total", "vm_promscrape_scrapes_failed_total", "process_resident_memory_bytes"],
  ["vmalert_alerts_send_errors_total", "vmalert_alerting_rules_errors_total", "vmalert_iteration_total", "vmalert_execution_total"],
  // Debian's Alertmanager 0.25
  ["alertmanager_notifications_failed_total", "alertmanager_notifications_total"],
].flat();

/** Every metric that a rule or a panel may name: ours by the page that is held equal to the code, and those of others. */
export function knownMetrics(): ReadonlySet<string> {
  const page = readFileSync(join(ROOT, "docs", "metrics.md"), "utf8");
  const ours = [...page.matchAll(/^\| `(mlstack_\w+)` \| (\w+)/gm)].flatMap(([, name = "", kind]) =>
    kind === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return new Set([...ours, ...Object.values(DECLARED), ...OF_OTHERS]);
}

/** The series that an expression reads, as selectors: `mlstack_ready{part="api"}`. @throws where it is no PromQL */
export function selectorsIn(expr: string): string[] {
  const found: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ name, type, from, to }) => {
      if (type.isError) throw new Error(`no PromQL at ${JSON.stringify(expr.slice(from, from + 20))}: ${expr}`);
      if (name === "VectorSelector") found.push(expr.slice(from, to));
    },
  });
  return found;
}

/** The metric of a selector. */
export function metricOf(selector: string): string {
  return selector.replace(/\{.*/s, "");
}
