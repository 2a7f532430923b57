import { expect, test } from "vitest";
import { stringify } from "yaml";

import { checkFiles } from "../../infra/check.ts";
import { mistakeText } from "../../infra/layers/mistake-text.ts";
import { pathOf } from "../../infra/layers/path.ts";
import { stackSettings } from "../../infra/stack.ts";
import { resolvedFrom } from "../support/layers.ts";

/** Settings with one mistake each, and what is said of it. */
const cases: [Record<string, unknown>, string][] = [
  [{ platform: { kind: "docker" }, features: { accounts: -1 } }, "mlstack:features.accounts: must be at least 0, got -1"],
  [{ platform: { kind: "docker" }, features: { accounts: 1.5 } }, "mlstack:features.accounts: must be a whole number, got 1.5"],
  [{ platform: { kind: "docker" }, features: { accounts: "many" } }, 'mlstack:features.accounts: must be a number, got "many"'],
  [{ platform: { kind: "docker" }, features: { accounts: 20000000 } }, "mlstack:features.accounts: must be at most 10000000, got 20000000"],
  [{ platform: { kind: "docker" }, features: { transactions: 0 } }, "mlstack:features.transactions: must be at least 1, got 0"],
  [{ platform: { kind: "docker" }, features: { seed: -1 } }, "mlstack:features.seed: must be at least 0, got -1"],
  [{ platform: { kind: "docker" }, features: { dataVersion: "" } }, "mlstack:features.dataVersion: must not be empty"],
  [{ platform: { kind: "docker" }, features: { dataVersion: 7 } }, "mlstack:features.dataVersion: must be a string, got 7"],
  [{ platform: { kind: "docker" }, features: { backend: "mysql" } }, 'mlstack:features.backend: must be "redis" or "parquet", got "mysql"'],
  [
    { platform: { kind: "docker" }, features: { size: "2GB" } },
    'mlstack:features.size: must be an amount with the unit Ki, Mi, Gi or Ti, for example "2Gi", got "2GB"',
  ],
  [
    { platform: { kind: "docker" }, features: { size: "2 Gi" } },
    'mlstack:features.size: must be an amount with the unit Ki, Mi, Gi or Ti, for example "2Gi", got "2 Gi"',
  ],
  [
    { platform: { kind: "docker" }, features: { size: 2 } },
    'mlstack:features.size: must be an amount with the unit Ki, Mi, Gi or Ti, for example "512Mi", got 2',
  ],
  [{ platform: { kind: "docker" }, features: { size: "0Gi" } }, 'mlstack:features.size: must be more than 0, got "0Gi"'],
  [{ platform: { kind: "docker" }, features: { keep: "yes" } }, 'mlstack:features.keep: must be a boolean, got "yes"'],
  [{ platform: { kind: "docker" }, features: { keep: 1 } }, "mlstack:features.keep: must be a boolean, got 1"],
  [{ platform: { kind: "docker" }, features: { api: { replicas: 0 } } }, "mlstack:features.api.replicas: must be at least 1, got 0"],
  [{ platform: { kind: "docker" }, features: { api: { replicas: 65 } } }, "mlstack:features.api.replicas: must be at most 64, got 65"],
  [{ platform: { kind: "docker" }, features: { api: { replicas: "2" } } }, 'mlstack:features.api.replicas: must be a number, got "2"'],
  [
    { platform: { kind: "docker" }, features: { api: { replica: 2 } } },
    'mlstack:features.api: unknown key "replica"; did you mean "replicas"?',
  ],
  [
    { platform: { kind: "docker" }, features: { api: { logLevel: "debug" } } },
    'mlstack:features.api.logLevel: must be "DEBUG" or "INFO" or "WARNING" or "ERROR", got "debug"',
  ],
  [
    { platform: { kind: "docker" }, features: { api: { env: { "A-B": "1" } } } },
    'mlstack:features.api.env.A-B: variable names are letters, digits and underscores, not first a digit, got "A-B"',
  ],
  [
    { platform: { kind: "docker" }, features: { api: { env: { DATA_VERSION: "1" } } } },
    "mlstack:features.api.env.DATA_VERSION: is reserved: the component sets it; remove it",
  ],
  [
    { platform: { kind: "docker" }, features: { api: { env: { A: 1 } } } },
    "mlstack:features.api.env.A: must be a string (write numbers and booleans in quotes) or a reference, such as secretValue(…)",
  ],
  [{ platform: { kind: "docker" }, features: { api: { env: ["A=1"] } } }, "mlstack:features.api.env: must be a map, got a list"],
  [
    { platform: { kind: "docker" }, features: { api: { resources: { memory: "10Mi" } } } },
    'mlstack:features.api.resources.memory: must be more than scratch and shared memory together (128Mi), got "10Mi"',
  ],
  [
    { platform: { kind: "docker" }, features: { api: { resources: { cpu: 0 } } } },
    'mlstack:features.api.resources.cpu: must be at least 10 millicores ("10m"), got 0',
  ],
  [
    { platform: { kind: "docker" }, features: { api: { resources: { cpu: "half" } } } },
    'mlstack:features.api.resources.cpu: must be cores, for example 2 or 0.5, or millicores, for example "500m", got "half"',
  ],
  [
    { platform: { kind: "docker" }, features: { api: { resources: { processes: 2 } } } },
    "mlstack:features.api.resources.processes: must be at least 16, got 2",
  ],
  [
    { platform: { kind: "docker" }, features: { api: { resources: { memory: "1Gi", reservation: { memory: "2Gi" } } } } },
    "mlstack:features.api.resources.reservation.memory: must be at most the limit (1Gi), got 2Gi",
  ],
  [
    { platform: { kind: "docker" }, features: { api: { resources: { cpu: 1, reservation: { cpu: 2 } } } } },
    "mlstack:features.api.resources.reservation.cpu: must be at most the limit (1), got 2",
  ],
  [
    { platform: { kind: "docker" }, features: { api: { resources: { ram: "1Gi" } } } },
    'mlstack:features.api.resources: unknown key "ram"; did you mean "memory"?',
  ],
  [{ platform: { kind: "docker" }, features: { api: [] } }, "mlstack:features.api: must be an object, got a list"],
  [{ platform: { kind: "docker" }, features: { api: "two" } }, 'mlstack:features.api: must be an object, got "two"'],
  [{ platform: { kind: "docker" }, features: { publish: { port: 0 } } }, "mlstack:features.publish.port: must be at least 1, got 0"],
  [
    { platform: { kind: "docker" }, features: { publish: { port: 70000 } } },
    "mlstack:features.publish.port: must be at most 65535, got 70000",
  ],
  [
    { platform: { kind: "docker" }, features: { publish: { port: "8000" } } },
    'mlstack:features.publish.port: must be a number, got "8000"',
  ],
  [
    { platform: { kind: "docker" }, features: { publish: { host: "127.0.0.1" } } },
    'mlstack:features.publish: unknown key "host"; did you mean "address"?',
  ],
  [
    { platform: { kind: "docker" }, features: { publish: { address: "localhost" } } },
    'mlstack:features.publish.address: must be an IPv4 address such as "127.0.0.1", got "localhost"',
  ],
  [{ platform: { kind: "docker" }, features: { publish: 8000 } }, "mlstack:features.publish: must be an object, got 8000"],
  [{ platform: { kind: "docker" }, features: { redis: { password: "" } } }, "mlstack:features.redis.password: must be a non-empty string"],
  [
    { platform: { kind: "docker" }, features: { redis: { size: "big" } } },
    'mlstack:features.redis.size: must be an amount with the unit Ki, Mi, Gi or Ti, for example "512Mi", got "big"',
  ],
  [
    { platform: { kind: "docker" }, features: { build: { env: { SEED: "1" } } } },
    "mlstack:features.build.env.SEED: is reserved: the component sets it; remove it",
  ],
  [
    { platform: { kind: "docker" }, features: { load: { command: ["x"] } } },
    'mlstack:features.load: unknown key "command"; known are env, resources',
  ],
  [
    { platform: { kind: "docker" }, features: { volumeSize: "1Gi" } },
    "mlstack:features.volumeSize: is now mlstack:features.size; write it there",
  ],
  [{ platform: { kind: "docker" }, training: { nodes: 0 } }, "mlstack:training.nodes: must be at least 1, got 0"],
  [{ platform: { kind: "docker" }, training: { nodes: "four" } }, 'mlstack:training.nodes: must be a number, got "four"'],
  [{ platform: { kind: "docker" }, training: { node: 4 } }, 'mlstack:training: unknown key "node"; did you mean "nodes"?'],
  [{ platform: { kind: "docker" }, training: { processesPerNode: 0 } }, "mlstack:training.processesPerNode: must be at least 1, got 0"],
  [{ platform: { kind: "docker" }, training: { epochs: 0 } }, "mlstack:training.epochs: must be at least 1, got 0"],
  [
    { platform: { kind: "docker" }, training: { env: { RANK: "0" } } },
    "mlstack:training.env.RANK: is reserved: the component sets it; remove it",
  ],
  [
    { platform: { kind: "docker" }, training: { env: { WORLD_SIZE: "4" } } },
    "mlstack:training.env.WORLD_SIZE: is reserved: the component sets it; remove it",
  ],
  [
    { platform: { kind: "docker" }, training: { rendezvousPort: 80000 } },
    "mlstack:training.rendezvousPort: must be at most 65535, got 80000",
  ],
  [{ platform: { kind: "docker" }, training: { maxRestarts: -1 } }, "mlstack:training.maxRestarts: must be at least 0, got -1"],
  [
    { platform: { kind: "docker" }, training: { checkpoints: { size: "5" } } },
    'mlstack:training.checkpoints.size: must be an amount with the unit Ki, Mi, Gi or Ti, for example "512Mi", got "5"',
  ],
  [
    { platform: { kind: "docker" }, training: { checkpoints: { path: "relative" } } },
    'mlstack:training.checkpoints.path: must be an absolute path without spaces or colons, got "relative"',
  ],
  [
    { platform: { kind: "docker" }, training: { keepCheckpoints: true } },
    "mlstack:training.keepCheckpoints: is now mlstack:training.checkpoints.keep; write it there",
  ],
  [
    { platform: { kind: "docker" }, training: { accelerator: { vendor: "intel" } } },
    'mlstack:training.accelerator: must be { vendor: "nvidia", count: 1 to 16, model? } or { vendor: "nvidia", devices: ["0", …] }; models are T4, L4, L40S, A100-40GB, A100-80GB, H100, H200, B200',
  ],
  [
    { platform: { kind: "docker" }, training: { accelerator: { vendor: "nvidia" } } },
    'mlstack:training.accelerator: must be { vendor: "nvidia", count: 1 to 16, model? } or { vendor: "nvidia", devices: ["0", …] }; models are T4, L4, L40S, A100-40GB, A100-80GB, H100, H200, B200',
  ],
  [
    { platform: { kind: "docker" }, training: { accelerator: { vendor: "nvidia", count: 0 } } },
    "mlstack:training.accelerator.count: must be at least 1, got 0",
  ],
  [
    { platform: { kind: "docker" }, training: { accelerator: { vendor: "nvidia", count: 1, devices: ["0"] } } },
    'mlstack:training.accelerator: must be { vendor: "nvidia", count: 1 to 16, model? } or { vendor: "nvidia", devices: ["0", …] }; models are T4, L4, L40S, A100-40GB, A100-80GB, H100, H200, B200',
  ],
  [
    { platform: { kind: "docker" }, training: { sharedMemory: "4Gi" } },
    'mlstack:training.resources.memory: must be more than scratch and shared memory (4Gi) together (4160Mi), got "2Gi"; raise it, or lower sharedMemory',
  ],
  [
    { platform: { kind: "docker" }, training: { startBudget: "5" } },
    'mlstack:training.startBudget: must be a time with the unit ms, s, m or h, for example "30s", got "5"',
  ],
  [
    { platform: { kind: "docker" }, training: { startBudget: "5 min" } },
    'mlstack:training.startBudget: must be a time with the unit ms, s, m or h, for example "5m", got "5 min"',
  ],
  [
    { platform: { kind: "docker" }, training: { tolerations: [{ effect: "Never" }] } },
    "mlstack:training.tolerations[0].key: is required (a string)",
  ],
  [
    {
      platform: { kind: "docker" },
      features: {},
      monitoring: { receivers: { mail: { to: ["a@b.org"], from: "a@b.org", server: "b.org:25" } } },
    },
    "mlstack:monitoring.receivers.mail.outside: is required: a map with addresses and port",
  ],
  [
    {
      platform: { kind: "docker" },
      features: {},
      monitoring: {
        receivers: {
          mail: { to: ["a@b.org"], from: "a@b.org", server: "b.org:99999", outside: { addresses: "10.0.0.7/32", port: 25 } },
        },
      },
    },
    'mlstack:monitoring.receivers.mail.server: must be host:port, such as "smtp.example.org:587", got "b.org:99999"',
  ],
  [
    { platform: { kind: "docker" }, features: {}, monitoring: { alerts: { page: "" } } },
    "mlstack:monitoring.alerts.page: must not be empty",
  ],
  [{ platform: { kind: "docker" }, training: { enabled: "true" } }, 'mlstack:training.enabled: must be a boolean, got "true"'],
  [
    { platform: { kind: "docker" }, serving: { api: { model: "fraud" } } },
    'mlstack:serving.api.model: must be NAME@ALIAS or NAME/VERSION, for example "fraud@production" or "fraud/3", got "fraud"',
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { model: "fraud@production" } } },
    "mlstack:serving.api.model: needs tracking, which this stack does not have; add mlstack:tracking, or remove this",
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { feast: true } } },
    "mlstack:serving.api.feast: needs feast, which this stack does not have; add mlstack:feast, or remove this",
  ],
  [{ platform: { kind: "docker" }, serving: { api: { replicas: 0 } } }, "mlstack:serving.api.replicas: must be at least 1, got 0"],
  [
    { platform: { kind: "docker" }, serving: { api: { image: "My Image" } } },
    'mlstack:serving.api.image: must be an image reference in lower case and without spaces, for example "ghcr.io/acme/api:1.4", got "My Image"',
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { image: { reference: "api" } } } },
    'mlstack:serving.api.image: must be an image such as "registry.example.com/api@sha256:…", or { reference: NAME } with NAME one of redis, postgres, features, feature-api, gateway, monitoring, trainer, mlflow, feast, model-trainer, model-server, model-server-feast, image-classifier, image-api, image-api-dev',
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { canary: { model: "fraud/2", percent: 5 } } } },
    "mlstack:serving.api.canary: needs a model that it is compared with; set model",
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { canary: { model: "fraud/2", percent: 500 } } } },
    "mlstack:serving.api.canary.percent: must be at most 100, got 500",
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { shadow: { model: "fraud/2" } } } },
    "mlstack:serving.api.shadow.percent: is required (a number)",
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { server: { port: 0 } } } },
    "mlstack:serving.api.server.port: must be at least 1, got 0",
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { server: { loadGrace: "long" } } } },
    'mlstack:serving.api.server.loadGrace: must be a time with the unit ms, s, m or h, for example "30s", got "long"',
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { server: { scratch: { tmp: "1Mi" } } } } },
    'mlstack:serving.api.server.scratch.tmp: must be an absolute path without spaces or colons, got "tmp"',
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { server: { folders: { relative: "/x" } } } } },
    'mlstack:serving.api.server.folders.relative: must be an absolute path without spaces or colons, got "relative"',
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { server: { user: { uid: 0 } } } } },
    "mlstack:serving.api.server.user.uid: must not be root (0)",
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { server: { volumes: { "Bad Name": { path: "/x" } } } } } },
    'mlstack:serving.api.server.volumes.Bad Name: must be lower-case letters, digits and inner hyphens, first a letter, got "Bad Name"',
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { edge: { keys: { acme: "short" } } } } },
    "mlstack:serving.api.edge.keys.acme: must have at least 16 characters; `openssl rand -hex 24` makes a good one",
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { edge: { rateLimit: { requests: 0 } } } } },
    "mlstack:serving.api.edge.rateLimit.requests: must be at least 1, got 0",
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { edge: { uploadLimit: "10MB" } } } },
    'mlstack:serving.api.edge.uploadLimit: must be an amount with the unit Ki, Mi, Gi or Ti, for example "10Mi", got "10MB"',
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { edge: { tls: {} } } } },
    "mlstack:serving.api.edge.tls: must be { certificate, key }, both PEM, or { selfSigned: true, hosts? }",
  ],
  [
    { platform: { kind: "docker" }, serving: { api: { edge: { tls: { selfSigned: {} }, cors: { origins: ["example.com"] } } } } },
    "mlstack:serving.api.edge.tls: must be { certificate, key }, both PEM, or { selfSigned: true, hosts? }",
  ],
  [
    { platform: { kind: "docker" }, serving: { Bad_Name: {} } },
    'mlstack:serving.Bad_Name: must be lower-case letters, digits and inner hyphens, first a letter, got "Bad_Name"',
  ],
  [{ platform: { kind: "docker" }, serving: [] }, "mlstack:serving: must be a map, got a list"],
  [
    { platform: { kind: "docker" }, tracking: { backend: "mysql" } },
    'mlstack:tracking.backend: must be "sqlite", "file" or { postgresql: { url, outside } }',
  ],
  [
    { platform: { kind: "docker" }, tracking: { backend: { postgresql: {} } } },
    'mlstack:tracking.backend: must be "sqlite", "file" or { postgresql: { url, outside } }',
  ],
  [{ platform: { kind: "docker" }, tracking: { publish: { port: -1 } } }, "mlstack:tracking.publish.port: must be at least 1, got -1"],
  [
    { platform: { kind: "docker" }, tracking: { hostNames: ["bad host"] } },
    'mlstack:tracking.hostNames[0]: must be a host name, with no scheme and no path, for example "mlflow.example.org", got "bad host"',
  ],
  [{ platform: { kind: "docker" }, feast: { redis: { keep: "no" } } }, 'mlstack:feast.redis.keep: must be a boolean, got "no"'],
  [
    { platform: { kind: "docker" }, feast: { unknown: 1 } },
    'mlstack:feast: unknown key "unknown"; known are online, featureService, dataVersion, build, materialize, registry, redis, size, keep',
  ],
  [
    { platform: { kind: "docker" }, experiments: { model: "fraud" } },
    "mlstack:experiments: needs tracking, which this stack does not have; add mlstack:tracking, or remove this",
  ],
  [
    { platform: { kind: "docker", network: { subnet: "172.20.0.1/16" } }, features: {} },
    'mlstack:platform.network.subnet: must begin with the first address of the subnet, for example "172.20.0.0/16", got "172.20.0.1/16"',
  ],
  [
    { platform: { kind: "docker", network: { subnet: "8.8.8.0/24" } }, features: {} },
    'mlstack:platform.network.subnet: must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 and have a prefix of at most 28 bits, got "8.8.8.0/24"',
  ],
  [
    { platform: { kind: "docker", network: { subnet: "10.0.0.0/30" } }, features: {} },
    'mlstack:platform.network.subnet: must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 and have a prefix of at most 28 bits, got "10.0.0.0/30"',
  ],
  [
    { platform: { kind: "docker", network: { subnet: "10.0.0.0" } }, features: {} },
    'mlstack:platform.network.subnet: must be an IPv4 subnet such as "172.20.0.0/16", got "10.0.0.0"',
  ],
  [
    { platform: { kind: "docker", network: { name: "Has Space" } }, features: {} },
    'mlstack:platform.network.name: must be lower-case letters, digits and inner hyphens, first a letter, got "Has Space"',
  ],
  [
    { platform: { kind: "docker", prefix: "UPPER" }, features: {} },
    'mlstack:platform.prefix: must be lower-case letters, digits and inner hyphens, first a letter, got "UPPER"',
  ],
  [
    { platform: { kind: "docker", prefix: "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" }, features: {} },
    'mlstack:platform.prefix: would be "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp", 70 characters; the limit is 63',
  ],
  [
    { platform: { kind: "docker", namespace: { name: "x" } }, features: {} },
    'mlstack:platform: unknown key "namespace"; known are prefix, network, logs, production',
  ],
  [
    { platform: { kind: "kubernetes", registry: { address: "https://r" } }, features: {} },
    'mlstack:platform.registry.address: must be host[:port][/path] without https://, got "https://r"',
  ],
  [
    { platform: { kind: "kubernetes", namespace: { name: "Bad_Name" } }, features: {} },
    'mlstack:platform.namespace.name: must be lower-case letters, digits and inner hyphens, first a letter, got "Bad_Name"',
  ],
  [
    { platform: { kind: "kubernetes", expose: { kind: "ingress" } }, features: {} },
    "mlstack:platform.expose.kind: must be { kind: node-port }, { kind: load-balancer } or { kind: none }",
  ],
  [{ platform: { kind: "kubernetes", pinnedImages: "no" }, features: {} }, 'mlstack:platform.pinnedImages: must be a boolean, got "no"'],
  [
    { platform: { kind: "kubernetes", prefix: "x" }, features: {} },
    'mlstack:platform: unknown key "prefix"; known are production, context, namespace, storageClasses, registry, pullSecrets, pinnedImages, disruptionBudget, expose, clusterDomain, accelerators, prometheus, scheduling',
  ],
  [
    { platform: { kind: "kubernetes", disruptionBudget: { maxUnavailable: 0 } }, features: {} },
    "mlstack:platform.disruptionBudget.maxUnavailable: must be at least 1, got 0",
  ],
  [
    { platform: { kind: "kubernetes", scheduling: { kind: "volcano" } }, features: {} },
    "mlstack:platform.scheduling.kind: must be { kind: default }, { kind: kueue, queue } or { kind: native }",
  ],
  [
    { platform: { kind: "kubernetes", storageClass: "x" }, features: {} },
    'mlstack:platform: unknown key "storageClass"; did you mean "storageClasses"?',
  ],
  [
    { platform: { kind: "swarm" }, features: {} },
    'mlstack:platform.kind: must be { kind: docker, … } or { kind: kubernetes, … }, got "swarm"',
  ],
  [{ features: {} }, "mlstack:platform: must be { kind: docker, … } or { kind: kubernetes, … }, got nothing"],
  [{ platform: { kind: "docker" } }, "must have a part, for example mlstack:features: {}; to remove all that a stack has: npm run stop"],
  [{ platform: { kind: "docker" }, feature: {} }, 'unknown key "feature"; did you mean "features"?'],
  [
    { platform: { kind: "docker" }, features: {}, redisPassword: "x" },
    "mlstack:redisPassword: is now mlstack:features.redis.password; write it there",
  ],
  [
    { platform: { kind: "docker" }, features: {}, images: { redis: "a b" } },
    'mlstack:images.redis: must be an image reference in lower case and without spaces, for example "ghcr.io/acme/api:1.4", got "a b"',
  ],
  [{ platform: { kind: "docker" }, features: {}, images: { reddis: "a" } }, 'mlstack:images: unknown key "reddis"; did you mean "redis"?'],
  [
    { platform: { kind: "docker" }, features: {}, baseImage: "UPPER" },
    'mlstack:baseImage: must be an image reference in lower case and without spaces, for example "ghcr.io/acme/api:1.4", got "UPPER"',
  ],
];

test.each(cases)("%j", (settings, message) => {
  const text = stringify({ config: Object.fromEntries(Object.entries(settings).map(([key, value]) => [`mlstack:${key}`, value])) });
  const resolved = resolvedFrom({ acme: text }, "acme");
  const { mistakes } = checkFiles(stackSettings, resolved);
  const lines = mistakeText("Pulumi.acme.yaml", mistakes, resolved.positionOf).split("\n");
  const line = lines.find((one) => one.includes(message)) ?? "";
  expect(lines.join("\n")).toContain(message);

  // What is written at the place is the setting, or what holds it where the setting itself is missing.
  const [path = ""] = /^mlstack:[^ ]+(?=:)/.exec(message) ?? [];
  if (path === "" || !("platform" in settings)) return;
  const [, row, column] = /^ {2}Pulumi\.acme\.yaml:(\d+):(\d+): /.exec(line) ?? [];
  const there = (text.split("\n")[Number(row) - 1] ?? "").slice(Number(column) - 1);
  const unknown = /unknown key "([^"]+)"/.exec(message)?.[1] ?? [];
  const keys = [...pathOf(path), unknown].flat();
  expect(keys.filter((key) => there.startsWith(key) || there.startsWith(`mlstack:${key}`) || /^\d+$/.test(key))).not.toEqual([]);
});

test("no message is one of zod's own", () => {
  for (const [, message] of cases) expect(message).not.toMatch(/Invalid|Too (small|big)|expected/);
});
