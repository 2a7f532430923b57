import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";

import { memorySettingOf } from "../../components/workload/index.ts";
import { missingSecrets } from "../../infra/check.ts";
import { readSettings } from "../../infra/read.ts";
import { stackSettings } from "../../infra/stack.ts";
import { MockEngine } from "../support/engine.ts";

beforeEach(async () => {
  await MockEngine.start();
  delete process.env["MLSTACK_BASE_IMAGE"];
  delete process.env["PULUMI_CONFIG_SECRET_KEYS"];
  delete process.env["MLSTACK_STACK_FILE"];
});

/** Settings of a stack whose file says `values`. */
async function settings(values: Record<string, unknown>) {
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [`mlstack:${key}`, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
  );
  return readSettings(stackSettings);
}

/** The smallest stack on Docker: one part, as it is by default. */
const docker = { platform: { kind: "docker" }, features: {} };

test("the dev stack's file is right", async () => {
  const file: { config: Record<string, unknown> } = parse(readFileSync("Pulumi.dev.yaml", "utf8"));
  const values = Object.fromEntries(Object.entries(file.config).map(([key, value]) => [key.replace("mlstack:", ""), value]));
  expect(await settings(values)).toMatchObject({
    platform: { kind: "docker" },
    features: { api: { replicas: 2 } },
    training: { enabled: false, nodes: 4 },
  });
});

test("the production stack's file says that it is one", async () => {
  const file: { config: Record<string, unknown> } = parse(readFileSync("Pulumi.prod.yaml", "utf8"));
  const values = Object.fromEntries(Object.entries(file.config).map(([key, value]) => [key.replace("mlstack:", ""), value]));
  expect((await settings(values)).platform.production).toBe(true);
});

test.each(["docker", "kubernetes"])("a stack on %s is no production unless its file says so", async (kind) => {
  expect((await settings({ ...docker, platform: { kind } })).platform.production).toBe(false);
  expect((await settings({ ...docker, platform: { kind, production: true } })).platform.production).toBe(true);
});

test("a part that the file does not name is not there", async () => {
  const { training, tracking, experiments, feast, serving } = await settings(docker);
  expect([training, tracking, experiments, feast, serving]).toEqual([undefined, undefined, undefined, undefined, {}]);
});

test("a file without any part is refused: it would take the whole system of an earlier one away", async () => {
  await expect(settings({ platform: { kind: "docker" } })).rejects.toThrow("must have a part, for example mlstack:features: {}");
});

test("fills in every default", async () => {
  expect(await settings({ ...docker, features: {}, training: {}, tracking: {}, serving: { api: {} } })).toMatchObject({
    baseImage: "debian:bookworm-slim",
    features: { backend: "redis", dataVersion: "1", accounts: 10_000, size: "2Gi", publish: { port: 8000, address: "127.0.0.1" } },
    training: { enabled: true, nodes: 1, processesPerNode: 1, rendezvousPort: 12_355, maxRestarts: 3, checkpoints: { size: "5Gi" } },
    tracking: { backend: "sqlite", keep: true },
    serving: { api: { replicas: 2, feast: false, server: { port: 8000, resources: { memory: "1Gi" } } } },
  });
});

test("knows its limits by their settings, wherever a message is about them", async () => {
  const { features, serving } = await settings({ ...docker, features: {}, serving: { api: {} } });
  expect(memorySettingOf(features?.build.resources ?? {})).toBe("features.build.resources.memory");
  expect(memorySettingOf(serving["api"]?.server.resources ?? {})).toBe("serving.api.server.resources.memory");
});

test("fills in every default of a stack on Kubernetes", async () => {
  expect(await settings({ ...docker, platform: { kind: "kubernetes" } })).toMatchObject({
    platform: {
      kind: "kubernetes",
      namespace: { join: false, keep: false },
      pinnedImages: true,
      disruptionBudget: { maxUnavailable: 1 },
      expose: { kind: "node-port" },
      clusterDomain: "cluster.local",
      scheduling: { kind: "default" },
    },
  });
});

test("the machine's base image goes before the file's", async () => {
  process.env["MLSTACK_BASE_IMAGE"] = "mlstack/base:bookworm";
  expect((await settings({ ...docker, baseImage: "debian:12" })).baseImage).toBe("mlstack/base:bookworm");
});

describe("refuses", () => {
  test.each([
    [{}, "mlstack:platform: must be { kind: docker, … } or { kind: kubernetes, … }, got nothing"],
    [{ platform: { kind: "swarm" } }, 'mlstack:platform.kind: must be { kind: docker, … } or { kind: kubernetes, … }, got "swarm"'],
    [{ platform: { kind: "kubernetes", prefix: "shop" } }, 'mlstack:platform: unknown key "prefix"'],
    [
      { platform: { kind: "kubernetes", registry: { address: "https://r" } } },
      "mlstack:platform.registry.address: must be host[:port][/path]",
    ],
    [{ ...docker, redisPassword: "x" }, "mlstack:redisPassword: is now mlstack:features.redis.password; write it there"],
    [{ ...docker, registryPassword: "x" }, "mlstack:registryPassword: is now mlstack:platform.registry.password; write it there"],
    [{ ...docker, features: { volumeSize: "1Gi" } }, "mlstack:features.volumeSize: is now mlstack:features.size; write it there"],
    [{ ...docker, training: { keepCheckpoints: true } }, "mlstack:training.keepCheckpoints: is now mlstack:training.checkpoints.keep"],
    [{ ...docker, images: { api: "a:1" } }, "mlstack:images.api: is now mlstack:images.feature-api; write it there"],
    [
      { ...docker, images: { redis: "My Image:latest" } },
      'mlstack:images.redis: must be an image reference in lower case and without spaces, for example "ghcr.io/acme/api:1.4", got "My Image:latest"',
    ],
    [
      { ...docker, serving: { api: { model: "fraud@production" } } },
      "mlstack:serving.api.model: needs tracking, which this stack does not have",
    ],
    [{ ...docker, serving: { api: { feast: true } } }, "mlstack:serving.api.feast: needs feast, which this stack does not have"],
    [{ ...docker, experiments: { model: "fraud" } }, "mlstack:experiments: needs tracking, which this stack does not have"],
    [
      { ...docker, serving: { api: { canary: { model: "fraud/2", percent: 5 } } } },
      "mlstack:serving.api.canary: needs a model that it is compared with; set model",
    ],
    [{ ...docker, serving: { api: { image: { reference: "postgresql" } } } }, "mlstack:serving.api.image: must be an image such as"],
    [{ ...docker, features: { api: { resources: { memory: "10Mi" } } } }, "mlstack:features.api.resources.memory: must be more than"],
    [
      { ...docker, features: { api: { resources: { memory: "1Gi", reservation: { memory: "2Gi" } } } } },
      "mlstack:features.api.resources.reservation.memory: must be at most the limit (1Gi), got 2Gi",
    ],
    [
      { ...docker, training: { sharedMemory: "4Gi" } },
      "mlstack:training.resources.memory: must be more than scratch and shared memory (4Gi) together",
    ],
    [
      { ...docker, serving: { api: { server: { env: { "LOG-LEVEL": "x" } } } } },
      "mlstack:serving.api.server.env.LOG-LEVEL: variable names are",
    ],
    [{ ...docker, feature: {} }, 'unknown key "feature"; did you mean "features"?'],
    [{ ...docker, features: { api: { replica: 2 } } }, 'mlstack:features.api: unknown key "replica"; did you mean "replicas"?'],
    [{ ...docker, features: { api: { replicas: 0 } } }, "mlstack:features.api.replicas: must be at least 1, got 0"],
    [{ ...docker, training: { env: { RANK: "1" } } }, "mlstack:training.env.RANK: is reserved: the component sets it; remove it"],
    [{ ...docker, training: { env: { EPOCHS: "5" } } }, "mlstack:training.env.EPOCHS: is reserved: the component sets it; remove it"],
    [{ ...docker, training: { nodes: 0 } }, "mlstack:training.nodes: must be at least 1, got 0"],
    [
      { ...docker, features: { redis: { resources: { memory: "4GB" } } } },
      'mlstack:features.redis.resources.memory: must be an amount with the unit Ki, Mi, Gi or Ti, for example "4Gi", got "4GB"',
    ],
    [
      { platform: { kind: "docker", network: { subnet: "172.20.0.0" } } },
      'mlstack:platform.network.subnet: must be an IPv4 subnet such as "172.20.0.0/16", got "172.20.0.0"',
    ],
    [
      { platform: { kind: "docker", prefix: "p".repeat(70) } },
      `mlstack:platform.prefix: would be "${"p".repeat(70)}", 70 characters; the limit is 63`,
    ],
  ])("%j", (values, message) => expect(settings(values)).rejects.toThrow(message));

  test("all mistakes of a file at once, naming the file and where to look", async () => {
    const wrong = () => settings({ ...docker, features: { api: { replicas: 0 } }, training: { nodes: 0, epoch: 5 } });
    await expect(wrong()).rejects.toThrow(/^Pulumi\.test\.yaml: 3 mistakes; nothing was changed\n {2}mlstack:/);
    await expect(wrong()).rejects.toThrow("infra/stack.schema.json describes every key.");
  });

  test("mistakes between parts beside mistakes within them, in one message", async () => {
    const wrong = settings({
      ...docker,
      platform: { kind: "docker", network: { subnet: "172.20.0.0" } },
      features: { api: { replicas: 0, resources: { memory: "10Mi" } } },
      serving: { api: { model: "fraud@production", edge: { customers: ["acme"] } } },
      redisPassword: "x",
    });
    await expect(wrong).rejects.toThrow("6 mistakes");
    for (const path of [
      "mlstack:redisPassword",
      "mlstack:platform.network.subnet",
      "mlstack:features.api.replicas",
      "mlstack:features.api.resources.memory",
      "mlstack:serving.api.edge.keys.acme",
      "mlstack:serving.api.model",
    ])
      await expect(wrong).rejects.toThrow(path);
  });

  test("a key of the project's own name, which nothing reads", async () => {
    pulumi.runtime.setAllConfig({ "mlstack:platform": '{"kind":"docker"}', "shop:replicas": "4" });
    await expect(readSettings(stackSettings)).rejects.toThrow(
      "shop:replicas: is read by nothing; settings begin with mlstack: in every project",
    );
  });
});

/** A place of a secret, and settings that hold `value` there. */
const secrets: [string, (value: string) => Record<string, unknown>][] = [
  ["features.redis.password", (password) => ({ ...docker, features: { redis: { password } } })],
  [
    "platform.registry.password",
    (password) => ({ ...docker, platform: { kind: "kubernetes", registry: { address: "r.example.com", username: "u", password } } }),
  ],
  ["tracking.admin.password", (password) => ({ ...docker, tracking: { admin: { password } } })],
  ["feast.redis.password", (password) => ({ ...docker, feast: { redis: { password } } })],
  ["serving.api.edge.keys.acme", (acme) => ({ ...docker, serving: { api: { edge: { keys: { acme } } } } })],
  [
    "tracking.backend.postgresql.url",
    (text) => ({
      ...docker,
      tracking: { backend: { postgresql: { url: `postgresql://${text.length}@h/d`, outside: { addresses: "10.0.0.1/32", port: 1 } } } },
    }),
  ],
];

describe.each(secrets)("the secret %s", (place, holding) => {
  const value = `hunter2 it's "a b"`.replaceAll(" ", place.includes("keys") ? "-" : " ");
  const [key = ""] = place.split(".");

  test("in plain text is refused, without showing it", async () => {
    const plain = settings(holding(value));
    await expect(plain).rejects.toThrow(
      `mlstack:${place}: must be encrypted; set it with \`npm run pulumi -- config set --secret --path 'mlstack:${place}'\``,
    );
    await expect(plain).rejects.not.toThrow("hunter2");
  });

  test("encrypted becomes a secret Output, whatever characters it has", async () => {
    process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify([`mlstack:${key}`]);
    const read = place.split(".").reduce<unknown>((inner, part) => Reflect.get(inner as object, part), await settings(holding(value)));
    expect(pulumi.Output.isInstance(read) && (await pulumi.isSecret(read as pulumi.Output<string>))).toBe(true);
  });
});

test("a secret in plain text beside an encrypted one of the same part is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mlstack-read-"));
  const written = {
    "mlstack:features": { redis: { password: "hunter2-plain" } },
    "mlstack:serving": { api: { edge: { keys: { a: { secure: "v1:x" }, b: "plain-plain-plain-1" } } } },
  };
  writeFileSync(join(folder, "Pulumi.test.yaml"), JSON.stringify({ config: written }));
  process.env["MLSTACK_STACK_FILE"] = join(folder, "Pulumi.test.yaml");
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = '["mlstack:serving"]';
  const keys = { a: "secret-secret-secret-1", b: "plain-plain-plain-1" };
  const wrong = settings({ ...docker, serving: { api: { edge: { keys } } } });
  await expect(wrong).rejects.toThrow("1 mistake");
  await expect(wrong).rejects.toThrow("mlstack:serving.api.edge.keys.b: must be encrypted");
  rmSync(folder, { recursive: true });
});

test("a key may be written openly as its hash", async () => {
  const { serving } = await settings({ ...docker, serving: { api: { edge: { keys: { acme: `sha256:${"a".repeat(64)}` } } } } });
  expect(Object.keys(serving["api"]?.edge?.keys ?? {})).toEqual(["acme"]);
});

test.each([
  ["tracking.admin.password", { tracking: { admin: {} } }],
  ["serving.api.edge.keys.acme", { serving: { api: { edge: { customers: ["acme"] } } } }],
])("a missing secret, %s, is reported with the command that sets it", async (place, parts) => {
  await expect(settings({ ...docker, ...parts })).rejects.toThrow(
    `mlstack:${place}: is required; \`npm start\` generates it, or set it with \`npm run pulumi -- config set --secret --path 'mlstack:${place}'\``,
  );
});

describe("the secrets that a file lacks", () => {
  test("are those that its parts require", () => {
    const values = {
      platform: { kind: "docker" },
      tracking: { admin: { username: "admin" } },
      serving: {
        api: { model: "fraud@production", edge: { customers: ["acme", "umbrella"], keys: { acme: { secure: "v1:x" } } } },
      },
    };
    expect(missingSecrets(stackSettings, { values, inheritedSecrets: [] })).toEqual([
      "mlstack:tracking.admin.password",
      "mlstack:serving.api.edge.keys.umbrella",
    ]);
  });

  test("are none where they are encrypted, and optional ones are not missed", () => {
    const values = {
      platform: { kind: "docker" },
      features: {},
      tracking: { admin: { username: "admin", password: { secure: "v1:x" } } },
    };
    expect(missingSecrets(stackSettings, { values, inheritedSecrets: [] })).toEqual([]);
  });

  test("are those that it inherits encrypted for another stack", () => {
    const inheritedSecrets = [
      ["features", "redis", "password"],
      ["features", "api", "env", "TOKEN"],
    ];
    expect(missingSecrets(stackSettings, { values: docker, inheritedSecrets })).toEqual(["mlstack:features.redis.password"]);
  });
});

test("a stack without settings is told what it needs, though its language host says null", async () => {
  pulumi.runtime.setAllConfig({});
  process.env["PULUMI_CONFIG"] = "null";
  await expect(readSettings(stackSettings)).rejects.toThrow(
    "mlstack:platform: must be { kind: docker, … } or { kind: kubernetes, … }, got nothing",
  );
});
