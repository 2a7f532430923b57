import { always, BEGIN, type Course, grows } from "./series.ts";

/** Where everything began: before the tests. */
const BEGAN = always(BEGIN);
const DAY = 86_400;

/** Series of a stack in which all is well, with traffic; names and labels as its scrape has them. */
export const WELL: Readonly<Record<string, Course>> = {
  ...replica("api", "api:1"),
  ...replica("api", "api:2"),
  ...replica("solo", "solo"),
  ...asked("solo", "solo"),
  ...learnt("api:1"),
  ...learnt("api:2"),
  ...gateway("gateway"),
  ...gateway("edge"),
  'probe_ssl_earliest_cert_expiry{part="gateway",instance="gateway"}': always(BEGIN + 400 * DAY),
  'up{part="gateway",instance="gateway",job="gateway-tls"}': always(1),
  'up{part="stream",instance="stream"}': always(1),
  'mlstack_started_timestamp_seconds{part="stream",instance="stream",component="stream"}': BEGAN,
  'mlstack_step_last_success_timestamp_seconds{part="stream",instance="stream",step="stream"}': (second) => BEGIN + second - (second % 15),
  'mlstack_golden_request_ok{part="stream",instance="stream",component="stream",name="power"}': always(1),
  'mlstack_feature_shift{part="stream",instance="stream",component="stream",name="power",feature="wind_speed"}': always(0),
  ...rank("trainer-0"),
  ...rank("trainer-1"),
  ...rank("trainer-2"),
  ...rank("trainer-3"),
  'mlstack_training_checkpoint_timestamp_seconds{part="trainer",instance="trainer-0"}': (second) => BEGIN + second - (second % 60),
  'up{part="redis",instance="redis"}': always(1),
  'redis_up{part="redis",instance="redis"}': always(1),
  'redis_rdb_last_bgsave_status{part="redis",instance="redis"}': always(1),
  'redis_aof_last_write_status{part="redis",instance="redis"}': always(1),
  'redis_aof_last_bgrewrite_status{part="redis",instance="redis"}': always(1),
  'redis_memory_used_bytes{part="redis",instance="redis"}': always(50),
  'redis_memory_max_bytes{part="redis",instance="redis"}': always(100),
  'probe_success{part="database",instance="database"}': always(1),
  'up{part="database",instance="database"}': always(1),
  'probe_success{part="mlflow",instance="mlflow"}': always(1),
  'up{part="mlflow",instance="mlflow"}': always(1),
  // Nine tenths are kept back for the system, of the rest more than half is free.
  'node_filesystem_avail_bytes{device="/dev/sda1",mountpoint="/",fstype="ext4"}': always(40),
  'node_filesystem_free_bytes{device="/dev/sda1",mountpoint="/",fstype="ext4"}': always(940),
  'node_filesystem_size_bytes{device="/dev/sda1",mountpoint="/",fstype="ext4"}': always(1000),
  'node_filesystem_avail_bytes{device="tmpfs",mountpoint="/run",fstype="tmpfs"}': always(0),
  'node_filesystem_free_bytes{device="tmpfs",mountpoint="/run",fstype="tmpfs"}': always(0),
  'node_filesystem_size_bytes{device="tmpfs",mountpoint="/run",fstype="tmpfs"}': always(100),
  node_memory_MemAvailable_bytes: always(60),
  node_memory_MemTotal_bytes: always(100),
  'alertmanager_notifications_failed_total{integration="webhook"}': always(0),
  'vmalert_alerts_send_errors_total{addr="notifier"}': always(0),
  'vmalert_alerting_rules_errors_total{group="errors"}': always(0),
  vm_storage_is_read_only: always(0),
};

/** One that answers, is ready, and was started before. */
function replica(part: string, instance: string): Record<string, Course> {
  const labels = `part="${part}",instance="${instance}"`;
  return {
    [`up{${labels}}`]: always(1),
    [`mlstack_ready{${labels},component="model-server"}`]: always(1),
    [`mlstack_started_timestamp_seconds{${labels},component="model-server"}`]: BEGAN,
  };
}

/** Requests, of which few fail, and the platform's own, of which all do. */
function asked(part: string, instance: string): Record<string, Course> {
  const series = (route: string, code: number) =>
    `mlstack_requests_total{part="${part}",instance="${instance}",component="model-server",route="${route}",code="${code}"}`;
  return { [series("/predict", 200)]: grows(100), [series("/predict", 500)]: always(7), [series("/ready", 503)]: grows(1) };
}

/** What it answers with. */
function learnt(instance: string): Record<string, Course> {
  const labels = `part="api",instance="${instance}",component="model-server"`;
  return {
    [`mlstack_model_info{${labels},name="fraud",version="4",alias="",sha256="aa"}`]: always(1),
    // Workers that share their numbers cannot take the version of before out.
    [`mlstack_model_info{${labels},name="fraud",version="3",alias="",sha256="bb"}`]: always(0),
    [`mlstack_golden_request_ok{${labels},name="fraud"}`]: always(1),
    [`mlstack_feature_reads_total{${labels},source="redis"}`]: grows(10),
    [`mlstack_feature_reads_total{${labels},source="parquet"}`]: always(20),
    [`mlstack_feature_age_seconds{${labels},source="redis"}`]: grows(1),
    [`mlstack_feature_shift{${labels},name="fraud",feature="amount"}`]: always(0),
  };
}

function gateway(part: string): Record<string, Course> {
  const labels = `part="${part}",instance="${part}"`;
  return {
    [`up{${labels},job="${part}"}`]: always(1),
    [`haproxy_frontend_http_responses_total{${labels},proxy="public",code="2xx"}`]: grows(100),
    [`haproxy_frontend_http_responses_total{${labels},proxy="public",code="5xx"}`]: always(5),
    [`haproxy_backend_active_servers{${labels},proxy="replicas"}`]: always(2),
  };
}

function rank(instance: string): Record<string, Course> {
  const labels = `part="trainer",instance="${instance}"`;
  return {
    [`up{${labels}}`]: always(1),
    [`mlstack_started_timestamp_seconds{${labels},component="trainer"}`]: BEGAN,
    [`mlstack_training_epoch{${labels},rank="${instance.slice(-1)}"}`]: (second) => Math.floor(second / 30) + 1,
    [`mlstack_training_epochs{${labels},rank="${instance.slice(-1)}"}`]: always(40),
  };
}
