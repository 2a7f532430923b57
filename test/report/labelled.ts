import { OF_MONITORING } from "./labelled-monitoring.ts";
import { OF_PIPELINES } from "./labelled-pipeline.ts";

/** What is done to a stack that runs, and every danger that a report has to name for it: no more, and none less. */
export interface Labelled {
  readonly change: string;
  /** What the stack says besides the base before the change, by path; `null` takes away. */
  readonly start?: Said;
  /** What it says afterwards. */
  readonly to?: Said;
  /** What was done to it without its settings. */
  readonly hand?: ByHand;
  /** Findings on Docker as `kind subject`, in any order; absent where the change means nothing there. */
  readonly docker?: readonly string[];
  /** The same on Kubernetes. */
  readonly kubernetes?: readonly string[];
}

export type Said = Readonly<Record<string, unknown>>;

/** Changes that no setting makes. */
export type ByHand =
  /** Something on the engine is no longer what was deployed, so that it is made again. */
  | { readonly kind: "made again"; readonly name: string }
  /** A volume is gone with its data. */
  | { readonly kind: "volume gone"; readonly name: string }
  /** The program declares a part at another place, with an alias of the old one. */
  | { readonly kind: "moved with an alias"; readonly name: string }
  /** The program declares something of its own that no adapter knows. */
  | { readonly kind: "foreign resource" }
  /** An earlier release has deployed the stack, and kept no settings. */
  | { readonly kind: "settings not known" };

const DIGEST = (digit: string) => `registry.example.com/fraud@sha256:${digit.repeat(64)}`;

/** A server behind an edge that has everything. */
const FRAUD = {
  image: DIGEST("a"),
  edge: {
    keys: { demo: "key-of-demo-0123456789" },
    rateLimit: { requests: 100 },
    uploadLimit: "1Mi",
    cors: { origins: ["https://a.example.com"] },
    tls: { selfSigned: true },
  },
};

/** What every stack says before its own `start`. */
export const BASE: Readonly<Record<"docker" | "kubernetes", Said>> = {
  docker: {
    platform: { kind: "docker", network: { subnet: "172.28.9.0/24" } },
    features: { accounts: 1000, transactions: 4000, redis: { password: "first-password" }, publish: { port: 8000 } },
    training: { nodes: 2 },
    tracking: { publish: { port: 5000 } },
    serving: {
      fraud: {
        ...FRAUD,
        publish: { port: 8001 },
      },
    },
  },
  kubernetes: {
    platform: { kind: "kubernetes", registry: { address: "registry.example.com/shop" }, namespace: { name: "shop", keep: true } },
    features: { accounts: 1000, transactions: 4000, redis: { password: "first-password" }, publish: { port: 30080 } },
    training: { nodes: 2 },
    tracking: { publish: { port: 30050 } },
    serving: {
      fraud: {
        ...FRAUD,
        publish: { port: 30081 },
      },
    },
  },
};

const GATEWAY_DOWN = "downtime serving.fraud/fraud-gateway";
const JOBS_AGAIN = ["job-runs-again features/build", "job-runs-again features/loader"];
const TRAINING = "training/trainer";
const EVERYTHING_DOWN = [
  "downtime features/redis",
  "downtime features/api",
  "downtime features/gateway",
  "downtime tracking/mlflow",
  "downtime serving.fraud/fraud",
  GATEWAY_DOWN,
];
const FEATURES_DOWN = ["downtime features/redis", "downtime features/api", "downtime features/gateway"];
const PUBLISHED = ["features/gateway", "tracking/mlflow", "serving.fraud/fraud-gateway"];
const EDGE = "serving.fraud.edge";

/** Looks dangerous, and harms nobody on at least one target. */
const HARMLESS: readonly Labelled[] = [
  { change: "nothing at all", docker: [], kubernetes: [] },
  { change: "a default that is now written", to: { "features.api.replicas": 2 }, docker: [], kubernetes: [] },
  { change: "more replicas", to: { "features.api.replicas": 4 }, docker: [], kubernetes: [] },
  { change: "another log level for two replicas", to: { "features.api.logLevel": "DEBUG" }, docker: [], kubernetes: [] },
  { change: "more memory for an API", to: { "features.api.resources.memory": "1Gi" }, docker: [], kubernetes: [] },
  { change: "more processor for an API", to: { "features.api.resources.cpu": 2 }, docker: [], kubernetes: [] },
  { change: "a reservation", to: { "features.api.resources.reservation": { cpu: "500m" } }, docker: [], kubernetes: [] },
  { change: "less memory for work that is done", to: { "features.build.resources.memory": "384Mi" }, docker: [], kubernetes: [] },
  { change: "more processor for work that is done", to: { "features.load.resources.cpu": 2 }, docker: [], kubernetes: [] },
  { change: "features are kept from now on", to: { "features.keep": true }, docker: [], kubernetes: [] },
  { change: "checkpoints are kept from now on", to: { "training.checkpoints.keep": true }, docker: [], kubernetes: [] },
  { change: "larger volumes", to: { "features.size": "4Gi", "tracking.size": "20Gi" }, docker: [], kubernetes: [] },
  { change: "more time for the members to start", to: { "training.startBudget": "10m" }, docker: [], kubernetes: [] },
  { change: "more time for a server to start", to: { "serving.fraud.server.startBudget": "10m" }, docker: [], kubernetes: [] },
  { change: "another pinned image", to: { "serving.fraud.image": DIGEST("b") }, docker: [], kubernetes: [] },
  { change: "a longer stop grace", to: { "serving.fraud.server.stopGrace": "30s" }, docker: [], kubernetes: [] },
  { change: "another user that is not root", to: { "serving.fraud.server.user": { uid: 2000, gid: 2000 } }, docker: [], kubernetes: [] },
  { change: "a stack that becomes production", to: { "platform.production": true }, docker: [], kubernetes: [] },
  {
    change: "more members of a training that is switched off",
    start: { "training.enabled": false },
    to: { "training.nodes": 4 },
    docker: [],
    kubernetes: [],
  },
  { change: "labels of nodes, which one host has none of", to: { "training.nodeSelector": { disk: "fast" } }, docker: [] },
  {
    change: "more memory for ranks",
    to: { "training.resources.memory": "4Gi" },
    docker: [],
    kubernetes: [`training-restarts ${TRAINING}`],
  },
  { change: "more restarts for ranks", to: { "training.maxRestarts": 5 }, docker: [], kubernetes: [`training-restarts ${TRAINING}`] },
  {
    change: "more memory for Redis, and none for its data",
    start: { "features.redis.maxMemory": "256Mi" },
    to: { "features.redis.resources.memory": "1Gi" },
    docker: [],
    kubernetes: ["downtime features/redis"],
  },
  {
    change: "a single replica, renewed",
    start: { "features.api.replicas": 1 },
    to: { "features.api.logLevel": "DEBUG" },
    docker: ["downtime features/api"],
    kubernetes: [],
  },
  { change: "a lower rate limit", to: { [`${EDGE}.rateLimit.requests`]: 50 }, docker: [GATEWAY_DOWN], kubernetes: [] },
  { change: "a lower upload limit", to: { [`${EDGE}.uploadLimit`]: "512Ki" }, docker: [GATEWAY_DOWN], kubernetes: [] },
  { change: "a longer request time", to: { "serving.fraud.requestTimeout": "60s" }, docker: [GATEWAY_DOWN], kubernetes: [] },
  { change: "a further header", to: { [`${EDGE}.headers`]: { "x-team": "fraud" } }, docker: [GATEWAY_DOWN], kubernetes: [] },
  { change: "an origin fewer", to: { [`${EDGE}.cors.origins`]: [] }, docker: [GATEWAY_DOWN], kubernetes: [] },
  {
    change: "fewer replicas may be stopped at once",
    start: { "platform.disruptionBudget.maxUnavailable": 2 },
    to: { "platform.disruptionBudget.maxUnavailable": 1 },
    kubernetes: [],
  },
  {
    change: "images must be pinned from now on",
    start: { "platform.pinnedImages": false },
    to: { "platform.pinnedImages": true },
    kubernetes: [],
  },
  { change: "POST requests that may be asked again", to: { [`${EDGE}.retry`]: ["/predict"] }, docker: [GATEWAY_DOWN], kubernetes: [] },
  { change: "more room for temporary files", to: { "serving.fraud.server.scratch": { "/tmp": "128Mi" } }, docker: [], kubernetes: [] },
  { change: "more processes for an API", to: { "features.api.resources.processes": 8192 }, docker: [] },
  { change: "a variable of an API", to: { "features.api.env": { TEAM: "fraud" } }, docker: [], kubernetes: [] },
  {
    change: "a further name that a server resolves",
    to: { "serving.fraud.server.hosts": { "db.internal": "10.0.0.9" } },
    docker: [],
    kubernetes: [],
  },
  { change: "one of two replicas changed by hand", hand: { kind: "made again", name: "api-0" }, docker: [] },
  { change: "a part at another place, with an alias", hand: { kind: "moved with an alias", name: "features" }, docker: [], kubernetes: [] },
];

const DANGEROUS: readonly Labelled[] = [
  {
    change: "fewer replicas",
    to: { "features.api.replicas": 1 },
    docker: ["capacity-down features/api"],
    kubernetes: ["capacity-down features/api"],
  },
  {
    change: "less memory for an API",
    to: { "features.api.resources.memory": "384Mi" },
    docker: ["capacity-down features/api"],
    kubernetes: ["capacity-down features/api"],
  },
  {
    change: "more memory for Redis",
    to: { "features.redis.resources.memory": "1Gi" },
    docker: ["downtime features/redis"],
    kubernetes: ["downtime features/redis"],
  },
  {
    change: "new source data",
    to: { "features.dataVersion": "2" },
    docker: [...JOBS_AGAIN, `training-restarts ${TRAINING}`],
    kubernetes: [...JOBS_AGAIN, `training-restarts ${TRAINING}`],
  },
  {
    change: "another seed, without training",
    start: { training: null },
    to: { "features.seed": 8 },
    docker: JOBS_AGAIN,
    kubernetes: JOBS_AGAIN,
  },
  {
    change: "a variable of a job",
    to: { "features.load.env": { BATCH: "5" } },
    docker: ["job-runs-again features/loader"],
    kubernetes: ["job-runs-again features/loader"],
  },
  {
    change: "another password of Redis",
    to: { "features.redis.password": "second-password" },
    docker: ["secret-changed features", "downtime features/redis", "job-runs-again features/loader"],
    kubernetes: ["secret-changed features", "downtime features/redis", "job-runs-again features/loader"],
  },
  {
    change: "features without Redis",
    to: { "features.backend": "parquet" },
    docker: ["data-left-behind features.backend"],
    kubernetes: ["data-left-behind features.backend"],
  },
  {
    change: "no features any more",
    to: { features: null },
    docker: ["data-loss features/features", "data-loss features/redis", ...FEATURES_DOWN, `training-restarts ${TRAINING}`],
    kubernetes: ["data-loss features/features", "data-loss features/redis", ...FEATURES_DOWN, `training-restarts ${TRAINING}`],
  },
  {
    change: "no features any more, whose data are kept",
    start: { "features.keep": true, training: null },
    to: { features: null },
    docker: ["data-left-behind features/features", "data-left-behind features/redis", ...FEATURES_DOWN],
    kubernetes: ["data-left-behind features/features", "data-left-behind features/redis", ...FEATURES_DOWN],
  },
  {
    change: "features are no longer kept",
    start: { "features.keep": true },
    to: { "features.keep": false },
    docker: ["protection-gone features.keep"],
    kubernetes: ["protection-gone features.keep"],
  },
  {
    change: "training is switched off",
    to: { "training.enabled": false },
    docker: [`training-stops ${TRAINING}`],
    kubernetes: [`training-stops ${TRAINING}`],
  },
  {
    change: "more members",
    to: { "training.nodes": 4 },
    docker: [`training-restarts ${TRAINING}`],
    kubernetes: [`training-restarts ${TRAINING}`],
  },
  {
    change: "fewer members",
    start: { "training.nodes": 4 },
    to: { "training.nodes": 2 },
    docker: [`training-restarts ${TRAINING}`, `capacity-down ${TRAINING}`],
    kubernetes: [`training-restarts ${TRAINING}`, `capacity-down ${TRAINING}`],
  },
  {
    change: "more processor for ranks",
    to: { "training.resources.cpu": 2 },
    docker: [`training-restarts ${TRAINING}`],
    kubernetes: [`training-restarts ${TRAINING}`],
  },
  {
    change: "more epochs",
    to: { "training.epochs": 50 },
    docker: [`training-restarts ${TRAINING}`],
    kubernetes: [`training-restarts ${TRAINING}`],
  },
  {
    change: "checkpoints elsewhere in the container",
    to: { "training.checkpoints.path": "/checkpoints" },
    docker: [`training-restarts ${TRAINING}`],
    kubernetes: [`training-restarts ${TRAINING}`],
  },
  {
    change: "no training any more",
    to: { training: null },
    docker: [`training-stops ${TRAINING}`, "data-loss training/trainer-checkpoints"],
    kubernetes: [`training-stops ${TRAINING}`, "data-loss training/trainer-checkpoints"],
  },
  {
    change: "no training any more, whose checkpoints are kept",
    start: { "training.checkpoints.keep": true },
    to: { training: null },
    docker: [`training-stops ${TRAINING}`, "data-left-behind training/trainer-checkpoints"],
    kubernetes: [`training-stops ${TRAINING}`, "data-left-behind training/trainer-checkpoints"],
  },
  {
    change: "another queue decides when ranks start",
    to: { "platform.scheduling": { kind: "kueue", queue: "team" } },
    kubernetes: [`training-restarts ${TRAINING}`],
  },
  {
    change: "MLflow open to the network",
    to: { "tracking.publish.address": "0.0.0.0", "tracking.hostNames": ["mlflow.example.org"] },
    docker: ["reachable-by-more tracking/mlflow", "reachable-by-more tracking.hostNames", "downtime tracking/mlflow"],
  },
  {
    change: "a further name of MLflow",
    to: { "tracking.hostNames": ["mlflow.example.org"] },
    docker: ["reachable-by-more tracking.hostNames", "downtime tracking/mlflow"],
    kubernetes: ["reachable-by-more tracking.hostNames", "downtime tracking/mlflow"],
  },
  {
    change: "MLflow published no more",
    to: { "tracking.publish": null },
    docker: ["downtime tracking/mlflow"],
    kubernetes: ["downtime tracking/mlflow"],
  },
  {
    change: "another back end of MLflow",
    to: { "tracking.backend": "file" },
    docker: ["data-left-behind tracking.backend", "downtime tracking/mlflow"],
    kubernetes: ["data-left-behind tracking.backend", "downtime tracking/mlflow"],
  },
  {
    change: "an administrator of MLflow",
    to: { "tracking.admin": { password: "first-password-of-admin" } },
    docker: ["downtime tracking/mlflow"],
    kubernetes: ["downtime tracking/mlflow"],
  },
  {
    change: "MLflow without its administrator",
    start: { "tracking.admin": { password: "first-password-of-admin" } },
    to: { "tracking.admin": null },
    docker: ["protection-gone tracking.admin", "downtime tracking/mlflow"],
    kubernetes: ["protection-gone tracking.admin", "downtime tracking/mlflow"],
  },
  {
    change: "another password of the administrator",
    start: { "tracking.admin": { password: "first-password-of-admin" } },
    to: { "tracking.admin.password": "second-password-of-admin" },
    docker: ["secret-changed tracking", "downtime tracking/mlflow"],
    kubernetes: ["secret-changed tracking", "downtime tracking/mlflow"],
  },
  {
    change: "no MLflow any more",
    to: { tracking: null },
    docker: ["downtime tracking/mlflow", "data-left-behind tracking/mlflow-data"],
    kubernetes: ["downtime tracking/mlflow", "data-left-behind tracking/mlflow-data"],
  },
  {
    change: "no MLflow any more, whose data are not kept",
    start: { "tracking.keep": false },
    to: { tracking: null },
    docker: ["downtime tracking/mlflow", "data-loss tracking/mlflow-data"],
    kubernetes: ["downtime tracking/mlflow", "data-loss tracking/mlflow-data"],
  },
  {
    change: "no server any more",
    to: { "serving.fraud": null },
    docker: ["downtime serving.fraud/fraud", GATEWAY_DOWN],
    kubernetes: ["downtime serving.fraud/fraud", GATEWAY_DOWN],
  },
  {
    change: "no rate limit",
    to: { [`${EDGE}.rateLimit`]: null },
    docker: [`protection-gone ${EDGE}.rateLimit`, GATEWAY_DOWN],
    kubernetes: [`protection-gone ${EDGE}.rateLimit`],
  },
  {
    change: "a higher rate limit",
    to: { [`${EDGE}.rateLimit.requests`]: 1000 },
    docker: [`protection-gone ${EDGE}.rateLimit.requests`, GATEWAY_DOWN],
    kubernetes: [`protection-gone ${EDGE}.rateLimit.requests`],
  },
  {
    change: "no upload limit",
    to: { [`${EDGE}.uploadLimit`]: null },
    docker: [`protection-gone ${EDGE}.uploadLimit`, GATEWAY_DOWN],
    kubernetes: [`protection-gone ${EDGE}.uploadLimit`],
  },
  {
    change: "no TLS",
    to: { [`${EDGE}.tls`]: null },
    docker: [`protection-gone ${EDGE}.tls`, GATEWAY_DOWN],
    kubernetes: [`protection-gone ${EDGE}.tls`],
  },
  {
    change: "no keys",
    to: { [`${EDGE}.keys`]: null },
    docker: [`protection-gone ${EDGE}.keys`, GATEWAY_DOWN],
    kubernetes: [`protection-gone ${EDGE}.keys`],
  },
  {
    change: "another key",
    to: { [`${EDGE}.keys.demo`]: "other-key-of-demo-987654" },
    docker: ["secret-changed serving.fraud", GATEWAY_DOWN],
    kubernetes: ["secret-changed serving.fraud"],
  },
  {
    change: "a further customer",
    to: { [`${EDGE}.keys.acme`]: "key-of-acme-0123456789" },
    docker: [`reachable-by-more ${EDGE}.keys.acme`, "secret-changed serving.fraud", GATEWAY_DOWN],
    kubernetes: [`reachable-by-more ${EDGE}.keys.acme`, "secret-changed serving.fraud"],
  },
  {
    change: "a path without a key",
    to: { [`${EDGE}.open`]: ["/predict"] },
    docker: [`reachable-by-more ${EDGE}.open`, GATEWAY_DOWN],
    kubernetes: [`reachable-by-more ${EDGE}.open`],
  },
  {
    change: "a further origin",
    to: { [`${EDGE}.cors.origins`]: ["https://a.example.com", "https://b.example.com"] },
    docker: [`reachable-by-more ${EDGE}.cors.origins`, GATEWAY_DOWN],
    kubernetes: [`reachable-by-more ${EDGE}.cors.origins`],
  },
  {
    change: "a security header left out",
    to: { [`${EDGE}.headers`]: { "x-frame-options": "" } },
    docker: [`protection-gone ${EDGE}.headers.x-frame-options`, GATEWAY_DOWN],
    kubernetes: [`protection-gone ${EDGE}.headers.x-frame-options`],
  },
  {
    change: "a folder of the host",
    to: { "serving.fraud.server.folders": { "/src": "/tmp" } },
    docker: ["privilege-up serving.fraud/fraud"],
  },
  {
    change: "a folder of the host that becomes writable",
    start: { "serving.fraud.server.folders": { "/src": "/tmp" } },
    to: { "serving.fraud.server.folders": { "/src": { folder: "/tmp", readOnly: false } } },
    docker: ["privilege-up serving.fraud/fraud"],
  },
  {
    change: "a debugger",
    start: { "serving.fraud.replicas": 1 },
    to: { "serving.fraud.server.debug": { port: 5678 } },
    docker: ["privilege-up serving.fraud.server.debug", "reachable-by-more serving.fraud/fraud", "downtime serving.fraud/fraud"],
    kubernetes: ["privilege-up serving.fraud.server.debug"],
  },
  { change: "another port", to: { "serving.fraud.publish.port": 30099 }, docker: [GATEWAY_DOWN], kubernetes: [GATEWAY_DOWN] },
  {
    change: "open to the network",
    to: { "serving.fraud.publish.address": "0.0.0.0" },
    docker: ["reachable-by-more serving.fraud/fraud-gateway", GATEWAY_DOWN],
  },
  {
    change: "a further server",
    to: { "serving.other": { image: DIGEST("c"), publish: { port: 30091 } } },
    docker: ["reachable-by-more serving.other/other-gateway"],
    kubernetes: ["reachable-by-more serving.other/other-gateway"],
  },
  {
    change: "a volume under another name",
    start: { "serving.fraud.replicas": 1, "serving.fraud.server.volumes": { models: { path: "/models" } } },
    to: { "serving.fraud.server.volumes": { weights: { path: "/models" } } },
    docker: ["data-loss serving.fraud/models", "downtime serving.fraud/fraud"],
    // Volumes of a server are mounted on many nodes, so that a new replica starts before the old one ends.
    kubernetes: ["data-loss serving.fraud/models"],
  },
  {
    change: "another prefix",
    to: { "platform.prefix": "other" },
    docker: [...EVERYTHING_DOWN, `training-restarts ${TRAINING}`, ...JOBS_AGAIN],
  },
  {
    change: "another subnet",
    to: { "platform.network.subnet": "172.28.10.0/24" },
    docker: [...EVERYTHING_DOWN, `training-restarts ${TRAINING}`],
  },
  {
    change: "another DNS server",
    to: { "platform.network.dns": ["10.0.0.2"] },
    docker: [
      "downtime features/redis",
      "downtime features/gateway",
      "downtime tracking/mlflow",
      GATEWAY_DOWN,
      `training-restarts ${TRAINING}`,
    ],
  },
  {
    change: "a stack that is no longer production",
    start: { "platform.production": true },
    to: { "platform.production": false },
    docker: ["protection-gone platform.production"],
    kubernetes: ["protection-gone platform.production"],
  },
  {
    change: "images need not be pinned any more",
    to: { "platform.pinnedImages": false },
    kubernetes: ["protection-gone platform.pinnedImages"],
  },
  {
    change: "the newest image, whatever it is",
    start: { "platform.pinnedImages": false },
    to: { "serving.fraud.image": "registry.example.com/fraud:latest" },
    kubernetes: ["unpinned-image serving.fraud/fraud"],
  },
  {
    change: "an image without a tag",
    to: { "serving.fraud.image": "registry.example.com/fraud" },
    docker: ["unpinned-image serving.fraud/fraud"],
  },
  {
    change: "a tag that moves",
    to: { "serving.fraud.image": "registry.example.com/fraud:1" },
    docker: ["unpinned-image serving.fraud/fraud"],
  },
  { change: "a tag of a release", to: { "serving.fraud.image": "registry.example.com/fraud:1.4.2" }, docker: [] },
  {
    change: "another namespace",
    to: { "platform.namespace.name": "store" },
    kubernetes: [
      "data-loss features/features",
      "data-loss features/redis",
      "data-loss training/trainer-checkpoints",
      "data-left-behind tracking/mlflow-data",
      ...EVERYTHING_DOWN,
      `training-restarts ${TRAINING}`,
      ...JOBS_AGAIN,
    ],
  },
  {
    change: "a namespace that is no longer kept",
    start: { "tracking.keep": false },
    to: { "platform.namespace.keep": false },
    kubernetes: ["protection-gone platform.namespace.keep"],
  },
  {
    change: "a load balancer",
    to: { "platform.expose": { kind: "load-balancer" } },
    kubernetes: PUBLISHED.flatMap((one) => [`reachable-by-more ${one}`, `downtime ${one}`]),
  },
  {
    change: "exposed for the first time",
    start: { "platform.expose": { kind: "none" } },
    to: { "platform.expose": { kind: "node-port" } },
    kubernetes: PUBLISHED.map((one) => `reachable-by-more ${one}`),
  },
  { change: "exposed no more", to: { "platform.expose": { kind: "none" } }, kubernetes: PUBLISHED.map((one) => `downtime ${one}`) },
  {
    change: "more replicas may be stopped at once",
    to: { "platform.disruptionBudget.maxUnavailable": 2 },
    kubernetes: ["protection-gone platform.disruptionBudget.maxUnavailable"],
  },
  {
    change: "fewer GPUs for a single server",
    start: { "serving.fraud.replicas": 1, "serving.fraud.server.accelerator": { vendor: "nvidia", count: 2 } },
    to: { "serving.fraud.server.accelerator": { vendor: "nvidia", count: 1 } },
    kubernetes: ["capacity-down serving.fraud/fraud", "downtime serving.fraud/fraud"],
  },
  {
    change: "fewer GPUs for ranks",
    start: { "training.accelerator": { vendor: "nvidia", count: 2 } },
    to: { "training.accelerator": { vendor: "nvidia", count: 1 } },
    kubernetes: [`capacity-down ${TRAINING}`, `training-restarts ${TRAINING}`],
  },
  {
    change: "Redis throws keys away when it is full",
    to: { "features.redis.policy": "allkeys-lru" },
    docker: ["protection-gone features.redis.policy", "downtime features/redis"],
    kubernetes: ["protection-gone features.redis.policy", "downtime features/redis"],
  },
  { change: "a single replica stopped by hand", hand: { kind: "made again", name: "redis-0" }, docker: ["downtime features/redis"] },
  { change: "a rank stopped by hand", hand: { kind: "made again", name: "trainer-1" }, docker: [`training-restarts ${TRAINING}`] },
  { change: "a deployment deleted by hand", hand: { kind: "made again", name: "api" }, kubernetes: ["downtime features/api"] },
  {
    change: "a volume deleted by hand",
    hand: { kind: "volume gone", name: "trainer-checkpoints" },
    docker: ["data-loss training/trainer-checkpoints"],
    kubernetes: ["data-loss training/trainer-checkpoints"],
  },
  {
    change: "a resource that no adapter knows",
    hand: { kind: "foreign resource" },
    docker: ["unknown random:index/randomId:RandomId own"],
    kubernetes: ["unknown random:index/randomId:RandomId own"],
  },
  {
    change: "a stack of an earlier release",
    hand: { kind: "settings not known" },
    docker: ["unknown settings"],
    kubernetes: ["unknown settings"],
  },
];

export const LABELLED: readonly Labelled[] = [...HARMLESS, ...DANGEROUS, ...OF_PIPELINES, ...OF_MONITORING];
