import type { Labelled, Said } from "./labelled.ts";

/** Steps of each kind, with rows in a file and a volume of their own. */
const PIPELINE = {
  image: `registry.example.com/forecast@sha256:${"d".repeat(64)}`,
  volumes: { models: {} },
  steps: {
    history: { kind: "once", args: ["history"], database: true },
    train: { kind: "once", args: ["train"], after: ["history"], mounts: { models: "/models" } },
    watch: { kind: "always", args: ["watch"], after: ["train"], database: true, mounts: { models: "/models" } },
    ui: { kind: "page", args: ["ui"], port: 8050, mounts: { models: { path: "/models", readOnly: true } }, publish: { port: 30095 } },
  },
};
const START: Said = { pipeline: PIPELINE };
const ON_SERVER: Said = { pipeline: { ...PIPELINE, database: "postgres", postgres: { password: "first-password-of-rows" } } };
const WORK_AGAIN = ["job-runs-again pipeline/history", "job-runs-again pipeline/train"];
const WATCH_DOWN = "downtime pipeline/watch";
const UI_DOWN = "downtime pipeline/ui";
const SERVER = "pipeline/pipeline-database";

/** Steps that mount the file's folder, which one node has, are ended before they are made again: on Kubernetes too. */
const STEPS: readonly Labelled[] = [
  {
    change: "other arguments of a step that never ends",
    to: { "pipeline.steps.watch.args": ["look"] },
    docker: [WATCH_DOWN],
    kubernetes: [WATCH_DOWN],
  },
  { change: "other arguments of a page", to: { "pipeline.steps.ui.args": ["pages"] }, docker: [UI_DOWN], kubernetes: [] },
  {
    change: "other arguments of the first step",
    to: { "pipeline.steps.history.args": ["history", "--days", "30"] },
    docker: [...WORK_AGAIN, WATCH_DOWN],
    kubernetes: [...WORK_AGAIN, WATCH_DOWN],
  },
  {
    change: "a variable of every step",
    to: { "pipeline.env": { TEAM: "wind" } },
    docker: [...WORK_AGAIN, WATCH_DOWN, UI_DOWN],
    kubernetes: [...WORK_AGAIN, WATCH_DOWN],
  },
  {
    change: "more memory for a step that is done",
    to: { "pipeline.steps.train.resources": { memory: "2Gi" } },
    docker: [],
    kubernetes: [],
  },
  { change: "more time for a step that is done", to: { "pipeline.steps.train.deadline": "2h" }, docker: [], kubernetes: [] },
  { change: "more time for a step to start", to: { "pipeline.steps.watch.startBudget": "10m" }, docker: [], kubernetes: [] },
  { change: "more time for a page to load", to: { "pipeline.steps.ui.loadGrace": "5m" }, docker: [UI_DOWN], kubernetes: [] },
  {
    change: "more memory for a step that never ends",
    to: { "pipeline.steps.watch.resources": { memory: "2Gi" } },
    docker: [],
    kubernetes: [WATCH_DOWN],
  },
  {
    change: "less memory for a page",
    to: { "pipeline.steps.ui.resources": { memory: "512Mi" } },
    docker: ["capacity-down pipeline/ui"],
    kubernetes: ["capacity-down pipeline/ui"],
  },
  { change: "no step any more that never ends", to: { "pipeline.steps.watch": null }, docker: [WATCH_DOWN], kubernetes: [WATCH_DOWN] },
  { change: "a step switched off", to: { "pipeline.only": ["history", "train", "ui"] }, docker: [WATCH_DOWN], kubernetes: [WATCH_DOWN] },
  { change: "no page any more", to: { "pipeline.steps.ui": null }, docker: [UI_DOWN], kubernetes: [UI_DOWN] },
  { change: "a page switched off", to: { "pipeline.only": ["history", "train", "watch"] }, docker: [UI_DOWN], kubernetes: [UI_DOWN] },
  { change: "a page published no more", to: { "pipeline.steps.ui.publish": null }, docker: [UI_DOWN], kubernetes: [UI_DOWN] },
  {
    change: "a page open to the network",
    to: { "pipeline.steps.ui.publish.address": "0.0.0.0" },
    docker: ["reachable-by-more pipeline/ui", UI_DOWN],
  },
  {
    change: "a further page",
    to: { "pipeline.steps.map": { kind: "page", args: ["map"], port: 8051, publish: { port: 30096 } } },
    docker: ["reachable-by-more pipeline/map"],
    kubernetes: ["reachable-by-more pipeline/map"],
  },
].map((one): Labelled => ({ ...one, start: START }));

const DATA: readonly Labelled[] = [
  { change: "the file of the rows, now written", to: { "pipeline.database": "sqlite" }, docker: [], kubernetes: [] },
  {
    change: "larger volumes of a pipeline",
    to: { "pipeline.volumes.models.size": "2Gi", "pipeline.data.size": "20Gi" },
    docker: [],
    kubernetes: [],
  },
  { change: "a volume of a pipeline is kept from now on", to: { "pipeline.volumes.models.keep": true }, docker: [], kubernetes: [] },
  {
    change: "rows are no longer kept",
    to: { "pipeline.data.keep": false },
    docker: ["protection-gone pipeline.data.keep"],
    kubernetes: ["protection-gone pipeline.data.keep"],
  },
  {
    change: "a volume of a pipeline under another name",
    to: {
      "pipeline.volumes": { weights: {} },
      ...Object.fromEntries(["train", "watch", "ui"].map((step) => [`pipeline.steps.${step}.mounts`, { weights: "/models" }])),
    },
    docker: ["data-loss pipeline/models", "job-runs-again pipeline/train", WATCH_DOWN, UI_DOWN],
    kubernetes: ["data-loss pipeline/models", "job-runs-again pipeline/train", WATCH_DOWN],
  },
  {
    change: "rows at another place in the container",
    to: { "pipeline.data.path": "/rows" },
    docker: [...WORK_AGAIN, WATCH_DOWN],
    kubernetes: [...WORK_AGAIN, WATCH_DOWN],
  },
  {
    change: "rows on a server of their own",
    to: { "pipeline.database": "postgres" },
    docker: ["data-left-behind pipeline.database", ...WORK_AGAIN, WATCH_DOWN],
    // A step that may be on any node is another object, which is there before the one of one node goes.
    kubernetes: ["data-left-behind pipeline.database", ...WORK_AGAIN],
  },
  {
    change: "no pipeline any more",
    to: { pipeline: null },
    docker: [WATCH_DOWN, UI_DOWN, "data-left-behind pipeline/pipeline-data", "data-loss pipeline/models"],
    kubernetes: [WATCH_DOWN, UI_DOWN, "data-left-behind pipeline/pipeline-data", "data-loss pipeline/models"],
  },
].map((one): Labelled => ({ ...one, start: START }));

const ON_A_SERVER: readonly Labelled[] = [
  {
    change: "the server of the rows is no longer kept",
    to: { "pipeline.postgres.keep": false },
    docker: ["protection-gone pipeline.postgres.keep"],
    kubernetes: ["protection-gone pipeline.postgres.keep"],
  },
  {
    change: "less memory for the server of the rows",
    to: { "pipeline.postgres.resources": { memory: "512Mi" } },
    docker: [`capacity-down ${SERVER}`, `downtime ${SERVER}`],
    kubernetes: [`capacity-down ${SERVER}`, `downtime ${SERVER}`],
  },
  {
    change: "rows in a file again",
    to: { "pipeline.database": "sqlite" },
    docker: ["data-left-behind pipeline.database", `data-left-behind ${SERVER}-data`, ...WORK_AGAIN, WATCH_DOWN],
    kubernetes: ["data-left-behind pipeline.database", `data-left-behind ${SERVER}-data`, ...WORK_AGAIN],
  },
].map((one): Labelled => ({ ...one, start: ON_SERVER }));

/** Which steps run again because one before them does is known by an engine only, where it is for another value of a secret. */
const PASSWORD: Labelled = {
  change: "another password of the rows",
  start: { ...ON_SERVER, "pipeline.steps.train": null, "pipeline.steps.watch.after": ["history"] },
  to: { "pipeline.postgres.password": "second-password-of-rows" },
  docker: ["secret-changed pipeline", `downtime ${SERVER}`, "job-runs-again pipeline/history", WATCH_DOWN],
  kubernetes: ["secret-changed pipeline", `downtime ${SERVER}`, "job-runs-again pipeline/history"],
};

/** Feast's features, training on demand, and where MLflow keeps what it is given. */
const OTHERS: readonly Labelled[] = [
  {
    change: "Feast without Redis",
    start: { feast: {} },
    to: { "feast.online": false },
    docker: ["data-left-behind feast.online"],
    kubernetes: ["data-left-behind feast.online"],
  },
  {
    change: "new source data of Feast",
    start: { feast: {} },
    to: { "feast.dataVersion": "2" },
    docker: ["job-runs-again feast/feast-build", "job-runs-again feast/feast-materialize"],
    kubernetes: ["job-runs-again feast/feast-build", "job-runs-again feast/feast-materialize"],
  },
  {
    change: "Feast's data are kept from now on",
    start: { feast: {} },
    to: { "feast.keep": true },
    docker: [],
    kubernetes: [],
  },
  {
    change: "no Feast any more",
    start: { feast: {} },
    to: { feast: null },
    docker: [
      ...["files", "registry", "redis"].map((one) => `data-loss feast/feast-${one}`),
      "downtime feast/feast-registry",
      "downtime feast/feast-redis",
    ],
    kubernetes: [
      ...["files", "registry", "redis"].map((one) => `data-loss feast/feast-${one}`),
      "downtime feast/feast-registry",
      "downtime feast/feast-redis",
    ],
  },
  {
    change: "another alias of training on demand",
    start: { experiments: { model: "fraud" } },
    to: { "experiments.alias": "next" },
    docker: [],
    kubernetes: [],
  },
  {
    change: "no training on demand any more",
    start: { experiments: { model: "fraud" } },
    to: { experiments: null },
    docker: [],
    kubernetes: [],
  },
  {
    change: "MLflow's runs on a server of their own",
    to: {
      "tracking.backend": {
        postgresql: {
          url: "postgresql://runs:password-of-runs@db.example.com:5432/runs",
          outside: { addresses: "10.2.0.7/32", port: 5432 },
        },
      },
    },
    docker: ["data-left-behind tracking.backend", "downtime tracking/mlflow"],
    kubernetes: ["data-left-behind tracking.backend", "downtime tracking/mlflow"],
  },
  {
    change: "MLflow's artifacts in a bucket",
    to: {
      "tracking.artifacts": {
        s3: { bucket: "runs", accessKey: "access", secretKey: "secret-key-of-runs", outside: { addresses: "10.2.0.8/32", port: 9000 } },
      },
    },
    docker: ["data-left-behind tracking.artifacts", "downtime tracking/mlflow"],
    kubernetes: ["data-left-behind tracking.artifacts", "downtime tracking/mlflow"],
  },
];

/** Changes of steps and their rows, of Feast, of training on demand and of where MLflow keeps what it is given. */
export const OF_PIPELINES: readonly Labelled[] = [...STEPS, ...DATA, ...ON_A_SERVER, PASSWORD, ...OTHERS];
