import type { Labelled, Said } from "./labelled.ts";

const START: Said = { monitoring: {} };
const NO_LOGS: Said = { monitoring: { logs: { enabled: false } } };
const WEBHOOK = { url: "https://chat.example.com/first-key", outside: { addresses: "203.0.113.0/24", port: 443 } };
const NOTIFIED: Said = { monitoring: { receivers: { webhook: WEBHOOK } } };

const keeping = (keep: boolean): Said => ({ "monitoring.metrics.keep": keep, "monitoring.logs.keep": keep });
const down = (...parts: readonly string[]) => parts.map((part) => `downtime monitoring/monitoring-${part}`);
const opened = (...parts: readonly string[]) => parts.map((part) => `reachable-by-more monitoring/monitoring-${part}`);
/** The store's files, its volume and its arguments are one replica's. */
const STORE = down("metrics");
/** What has one replica and another place for its lines: Docker makes it again. */
const ELSEWHERE_LOGGED = [
  "downtime features/redis",
  "downtime features/gateway",
  "downtime tracking/mlflow",
  "downtime serving.fraud/fraud-gateway",
  "training-restarts training/trainer",
];
/** Programs beside the stores: those that look at parts, and what evaluates the rules. */
const SMALL = ["alerts", "host", "probe", "redis"] as const;

/** Looks like a change of what is watched, and touches nothing of it. */
const HARMLESS: readonly Labelled[] = [
  { change: "metrics and logs are kept from now on", start: START, to: keeping(true), docker: [], kubernetes: [] },
  {
    change: "metrics and alerts of a stack that runs",
    to: NO_LOGS,
    docker: opened("metrics", "alerts"),
    kubernetes: [],
  },
  {
    change: "monitoring of a stack that runs",
    to: START,
    docker: [...opened("metrics", "alerts", "logs"), ...ELSEWHERE_LOGGED],
    kubernetes: [],
  },
  {
    change: "more memory for the store of metrics",
    start: START,
    to: { "monitoring.metrics.resources.memory": "512Mi" },
    docker: [],
    kubernetes: STORE,
  },
  {
    change: "an alert that comes later",
    start: START,
    to: { "monitoring.alerts.missingFor": "2m" },
    docker: down("alerts"),
    kubernetes: [],
  },
  {
    change: "the age at which features are too old",
    start: START,
    to: { "monitoring.alerts.featureAge": { api: "26h" } },
    docker: down("alerts"),
    kubernetes: [],
  },
  {
    change: "the page of alerts at another port",
    start: START,
    to: { "monitoring.alerts.port": 8881 },
    docker: down("alerts"),
    kubernetes: [],
  },
  {
    change: "another key of a webhook",
    start: NOTIFIED,
    to: { "monitoring.receivers.webhook.url": "https://chat.example.com/second-key" },
    docker: ["secret-changed monitoring", ...down("receiver")],
    kubernetes: ["secret-changed monitoring"],
  },
  {
    change: "fewer days for logs that are off",
    start: NO_LOGS,
    to: { "monitoring.logs.days": 3 },
    docker: [],
    kubernetes: [],
  },
  {
    change: "lines of syslog go elsewhere",
    start: { "platform.logs": { syslog: "udp://10.2.0.7:514" } },
    to: { "platform.logs": { syslog: "udp://10.2.0.8:514" } },
    docker: ELSEWHERE_LOGGED,
  },
];

const DANGEROUS: readonly Labelled[] = [
  {
    change: "metrics and logs are no longer kept",
    start: { monitoring: { metrics: { keep: true }, logs: { keep: true } } },
    to: keeping(false),
    docker: ["protection-gone monitoring.metrics.keep", "protection-gone monitoring.logs.keep"],
    kubernetes: ["protection-gone monitoring.metrics.keep", "protection-gone monitoring.logs.keep"],
  },
  {
    change: "logs are kept from now on",
    start: NO_LOGS,
    to: { "monitoring.logs.enabled": true },
    docker: [...ELSEWHERE_LOGGED, ...STORE, ...down(...SMALL), ...opened("logs")],
    kubernetes: STORE,
  },
  {
    change: "logs are switched off",
    start: START,
    to: { "monitoring.logs.enabled": false },
    docker: ["data-loss monitoring/monitoring-logs", ...ELSEWHERE_LOGGED, ...STORE, ...down("logs", ...SMALL)],
    kubernetes: ["data-loss monitoring/monitoring-logs", ...STORE],
  },
  {
    change: "logs that are kept are switched off",
    start: { monitoring: { logs: { keep: true } } },
    to: { "monitoring.logs.enabled": false },
    docker: ["data-left-behind monitoring/monitoring-logs", ...ELSEWHERE_LOGGED, ...STORE, ...down("logs", ...SMALL)],
    kubernetes: ["data-left-behind monitoring/monitoring-logs", ...STORE],
  },
  {
    change: "a stack looks at its parts less often",
    start: START,
    to: { "monitoring.interval": "15s" },
    docker: [...STORE, ...down("alerts")],
    kubernetes: STORE,
  },
  { change: "metrics for longer", start: START, to: { "monitoring.metrics.days": 30 }, docker: STORE, kubernetes: STORE },
  {
    change: "metrics for fewer days",
    start: START,
    to: { "monitoring.metrics.days": 7 },
    docker: ["data-loss monitoring.metrics.days", ...STORE],
    kubernetes: ["data-loss monitoring.metrics.days", ...STORE],
  },
  {
    change: "logs for fewer days",
    start: START,
    to: { "monitoring.logs.days": 3 },
    docker: ["data-loss monitoring.logs.days", ...down("logs")],
    kubernetes: ["data-loss monitoring.logs.days", ...down("logs")],
  },
  {
    change: "less room for logs",
    start: START,
    to: { "monitoring.logs.size": "1Gi" },
    docker: ["data-loss monitoring.logs.size", ...down("logs")],
  },
  {
    change: "less memory for the store of logs",
    start: START,
    to: { "monitoring.logs.resources.memory": "192Mi" },
    docker: ["capacity-down monitoring/monitoring-logs"],
    kubernetes: ["capacity-down monitoring/monitoring-logs", ...down("logs")],
  },
  {
    change: "a webhook that is notified",
    start: START,
    to: { "monitoring.receivers": { webhook: WEBHOOK } },
    docker: [...STORE, ...down("alerts")],
    kubernetes: STORE,
  },
  {
    change: "nobody is notified any more",
    start: NOTIFIED,
    to: { "monitoring.receivers.webhook": null },
    docker: ["protection-gone monitoring.receivers.webhook", ...STORE, ...down("alerts")],
    kubernetes: ["protection-gone monitoring.receivers.webhook", ...STORE],
  },
  {
    change: "a replica more of what is watched",
    start: START,
    to: { "features.api.replicas": 3 },
    docker: [...STORE, ...down("alerts")],
    kubernetes: STORE,
  },
  {
    change: "no monitoring any more",
    start: START,
    to: { monitoring: null },
    docker: [
      "data-loss monitoring/monitoring-metrics",
      "data-loss monitoring/monitoring-logs",
      ...ELSEWHERE_LOGGED,
      ...STORE,
      ...down("logs", ...SMALL),
    ],
    kubernetes: [
      "data-loss monitoring/monitoring-metrics",
      "data-loss monitoring/monitoring-logs",
      ...STORE,
      ...down("logs", "collector", ...SMALL),
    ],
  },
];

/** Changes of what looks at a stack. */
export const OF_MONITORING: readonly Labelled[] = [...HARMLESS, ...DANGEROUS];
