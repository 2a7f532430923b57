import type { z } from "zod";

import { startedAgain } from "../parts/alive.ts";
import * as w from "../workload/index.ts";
import { type Receivers, waysOut } from "./receivers.ts";
import { METRICS_PORT } from "./scrape.ts";
import type { monitoringSettings } from "./settings.ts";

/** Settings with every default filled in. */
export type MonitoringSettings = z.output<typeof monitoringSettings>;

const GRACE = "30s";
const DATA = "/data";
const CONFIG = "/etc/monitoring";
/** Part of the capacity that is filled; the rest is for what is rewritten. */
const FILLED = 0.8;
/** Bytes that a sample takes at most once it is compressed, its share of the index included; most take half. */
const SAMPLE_BYTES = 1;
const DAY = 86_400;

/** Limits of programs that keep nothing; each takes a fifth of this memory. */
const SMALL = {
  resources: { cpu: 0.5, memory: "128Mi" },
  scratch: { "/tmp": "8Mi" },
  sharedMemory: "8Mi",
} satisfies Pick<w.ContainerSpec, "resources" | "scratch" | "sharedMemory">;

const ready = (port: number, path: string): Pick<w.ServiceSpec, "port" | "readiness" | "restartAfter" | "alive"> => ({
  port,
  readiness: w.httpProbe(port, path, { interval: "5s", startupGrace: GRACE }),
  ...startedAgain(GRACE),
});

/** What VictoriaMetrics reads and keeps. */
export interface MetricsParts {
  readonly image: w.ContainerSpec["image"];
  readonly data: w.Volume;
  /** What is collected, `scrape.yml`, and dashboards, each of which ends in `.json`: one set, since each costs a preview time. */
  readonly files: w.ConfigFiles;
  readonly calls: w.ContainerSpec["calls"];
}

/**
 * VictoriaMetrics, which collects and answers queries. What it keeps is limited by time, and by the number of series that have room in
 * its volume for that time: further ones are dropped, and counted by `vm_daily_series_limit_rows_dropped_total`.
 */
export function metricsOf({ interval, metrics }: MonitoringSettings, { image, data, files, calls }: MetricsParts): w.ServiceSpec {
  return {
    container: {
      image,
      command: ["victoria-metrics"],
      args: [
        `-httpListenAddr=:${METRICS_PORT}`,
        `-storageDataPath=${DATA}`,
        `-retentionPeriod=${metrics.days}d`,
        `-storage.maxDailySeries=${seriesIn(metrics, interval)}`,
        `-promscrape.config=${CONFIG}/metrics/scrape.yml`,
        `-promscrape.dnsSDCheckInterval=${interval}`,
        `-vmui.customDashboardsPath=${CONFIG}/metrics`,
        // What was collected is asked for at once: everything comes from here, and nothing late.
        `-search.latencyOffset=${interval}`,
        "-memory.allowedPercent=40",
      ],
      mounts: [
        { volume: data, path: DATA },
        { files, path: `${CONFIG}/metrics` },
      ],
      calls,
      resources: metrics.resources,
      // It writes what it holds in memory to the disk.
      stopGrace: "20s",
    },
    ...ready(METRICS_PORT, "/health"),
    localPort: metrics.port,
  };
}

/** Series of one day whose samples have room for as many days as they are kept. */
export function seriesIn({ size, days }: Pick<MonitoringSettings["metrics"], "size" | "days">, interval: w.Duration): number {
  const samples = (DAY * 1000) / w.toMilliseconds(interval);
  return Math.max(1000, Math.floor((w.toBytes(size) * FILLED) / (samples * days * SAMPLE_BYTES)));
}

/** VictoriaLogs. When its room is filled, the oldest days go first. */
export function logsOf({ logs }: MonitoringSettings, image: w.ContainerSpec["image"], data: w.Volume): w.ServiceSpec {
  const PORT = 9428;
  return {
    container: {
      image,
      command: ["victoria-logs"],
      args: [
        `-httpListenAddr=:${PORT}`,
        `-storageDataPath=${DATA}`,
        `-retentionPeriod=${logs.days}d`,
        `-retention.maxDiskSpaceUsageBytes=${Math.floor(w.toBytes(logs.size) * FILLED)}`,
        "-splunk.streamFields=sourcetype,source",
        "-memory.allowedPercent=40",
      ],
      mounts: [{ volume: data, path: DATA }],
      resources: logs.resources,
      stopGrace: "20s",
    },
    ...ready(PORT, "/health"),
    localPort: logs.port,
  };
}

/** What sends lines to it where the platform does not itself. */
export function collectorOf(image: w.ContainerSpec["image"], logs: w.Service): w.LogsSpec["collector"] {
  const PORT = 9429;
  const container = { image, command: ["monitoring-collector"], env: { LOGS_URL: w.urlOf(logs) }, ...SMALL };
  return { container, port: PORT, readiness: w.httpProbe(PORT, "/", { interval: "5s", startupGrace: GRACE }) };
}

/** What vmalert reads, and whom it tells. */
export interface AlertParts {
  /** Its own name. */
  readonly name: string;
  readonly image: w.ContainerSpec["image"];
  readonly rules: w.ConfigFiles;
  readonly metrics: w.Service;
  readonly receiver: w.Service | undefined;
}

/** vmalert, which evaluates rules over the metrics, and keeps their state there. */
export function alertsOf({ interval, alerts }: MonitoringSettings, { name, image, rules, metrics, receiver }: AlertParts): w.ServiceSpec {
  const PORT = 8880;
  const store = `http://${metrics.address}:${metrics.port}`;
  return {
    container: {
      image,
      command: ["vmalert"],
      args: [
        `-httpListenAddr=:${PORT}`,
        `-rule=${CONFIG}/rules/*.yml`,
        `-evaluationInterval=${interval}`,
        `-rule.evalDelay=${interval}`,
        `-datasource.url=${store}`,
        // A connection that was made while the store had no address may lead elsewhere, and would be used for good.
        "-datasource.disableKeepAlive",
        `-remoteWrite.url=${store}`,
        `-remoteRead.url=${store}`,
        receiver === undefined ? "-notifier.blackhole" : `-notifier.url=http://${receiver.address}:${receiver.port}`,
        `-external.url=http://127.0.0.1:${alerts.port}`,
        // Nothing reads its own numbers, since it is declared after what reads: it sends them.
        `-pushmetrics.url=${store}/api/v1/import/prometheus`,
        `-pushmetrics.interval=${interval}`,
        `-pushmetrics.extraLabel=part="${name}"`,
        `-pushmetrics.extraLabel=instance="${name}"`,
      ],
      mounts: [{ files: rules, path: `${CONFIG}/rules` }],
      calls: [metrics, ...(receiver === undefined ? [] : [receiver])],
      ...SMALL,
    },
    ...ready(PORT, "/health"),
    localPort: alerts.port,
    // Rules that cannot be evaluated would be an alert.
    after: [metrics],
  };
}

/** Alertmanager, which tells others of alerts. What it remembers of them, and silences, last as long as its container. */
export function receiverOf(receivers: Receivers, image: w.ContainerSpec["image"], secret: w.Secret): w.ServiceSpec {
  const PORT = 9093;
  return {
    container: {
      image,
      command: ["monitoring-receiver"],
      args: [`--web.listen-address=:${PORT}`, "--storage.path=/tmp/alertmanager", "--cluster.listen-address="],
      env: { RECEIVERS: w.secretValue(secret, "config") },
      outside: waysOut(receivers),
      hosts: receivers.hosts,
      ...SMALL,
      scratch: { "/tmp": "32Mi" },
    },
    ...ready(PORT, "/-/ready"),
  };
}

/** The program that asks parts without metrics whether they answer. */
export function probeOf(image: w.ContainerSpec["image"], asked: readonly w.Service[]): w.ServiceSpec {
  const PORT = 9115;
  return {
    container: {
      image,
      command: ["prometheus-blackbox-exporter"],
      args: [`--web.listen-address=:${PORT}`, "--config.file=/etc/monitoring/probe.yml"],
      calls: [...asked],
      ...SMALL,
    },
    ...ready(PORT, "/-/healthy"),
  };
}

/** The program that translates what a Redis says of itself. */
export function redisOf(image: w.ContainerSpec["image"], redis: w.Service, password: w.Secret): w.ServiceSpec {
  const PORT = 9121;
  return {
    container: {
      image,
      command: ["prometheus-redis-exporter"],
      args: [`--web.listen-address=:${PORT}`],
      env: { REDIS_ADDR: w.endpointOf(redis), REDIS_PASSWORD: w.secretValue(password, "password") },
      ...SMALL,
    },
    ...ready(PORT, "/health"),
  };
}

/** The numbers of the machine, as a container sees them: processors, memory, and the disk on which containers and volumes are. */
export function hostOf(image: w.ContainerSpec["image"]): w.ServiceSpec {
  const PORT = 9100;
  const collectors = ["cpu", "meminfo", "loadavg", "filesystem", "diskstats", "stat", "uname"];
  return {
    container: {
      image,
      command: ["prometheus-node-exporter"],
      args: [
        `--web.listen-address=:${PORT}`,
        "--web.disable-exporter-metrics",
        // The image's own: in it process 1 is the exporter, of whose disks this says the size.
        "--path.procfs=/usr/local/share/monitoring-host/proc",
        "--collector.disable-defaults",
        ...collectors.map((name) => `--collector.${name}`),
        // Of what a container sees, /etc/hosts is a file of the disk on which the engine, or the node, keeps all of them.
        "--collector.filesystem.fs-types-exclude=^(overlay|proc|sysfs|tmpfs|devpts|mqueue|cgroup2?|devtmpfs)$",
        "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run|tmp|usr|sbin|etc/hostname|etc/resolv\\.conf)($|/)",
      ],
      ...SMALL,
    },
    ...ready(PORT, "/"),
  };
}
