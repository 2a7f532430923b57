import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";

import { readSettings } from "../../infra/config.ts";
import { MockEngine } from "../support/engine.ts";

beforeEach(async () => {
  await MockEngine.start();
  delete process.env["MLSTACK_BASE_IMAGE"];
  delete process.env["PULUMI_CONFIG_SECRET_KEYS"];
});

/** Settings of a stack whose file says `values`. */
function settings(values: Record<string, unknown>) {
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [`mlstack:${key}`, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
  );
  return readSettings(new pulumi.Config("mlstack"));
}

const docker = { platform: { kind: "docker" } };

test("the dev stack's file is right", () => {
  const file: { config: Record<string, unknown> } = parse(readFileSync("Pulumi.dev.yaml", "utf8"));
  const values = Object.fromEntries(Object.entries(file.config).map(([key, value]) => [key.replace("mlstack:", ""), value]));
  expect(settings(values)).toMatchObject({
    platform: { kind: "docker" },
    features: { api: { replicas: 2 } },
    training: { enabled: false, nodes: 4 },
  });
});

test("the production stack's file says that it is one", () => {
  const file: { config: Record<string, unknown> } = parse(readFileSync("Pulumi.prod.yaml", "utf8"));
  const values = Object.fromEntries(Object.entries(file.config).map(([key, value]) => [key.replace("mlstack:", ""), value]));
  expect(settings(values).platform.production).toBe(true);
});

test.each(["docker", "kubernetes"])("a stack on %s is no production unless its file says so", (kind) => {
  expect(settings({ platform: { kind } }).platform.production).toBe(false);
  expect(settings({ platform: { kind, production: true } }).platform.production).toBe(true);
});

test("fills in every default", () => {
  expect(settings(docker)).toMatchObject({
    baseImage: "debian:bookworm-slim",
    features: { backend: "redis", dataVersion: "1", accounts: 10_000, publish: { port: 8000, address: "127.0.0.1" } },
    training: { enabled: false, nodes: 4, processesPerNode: 1, epochs: 20, rendezvousPort: 12_355, maxRestarts: 3 },
    redisPassword: undefined,
    registryPassword: undefined,
  });
});

test("fills in every default of a stack on Kubernetes", () => {
  expect(settings({ platform: { kind: "kubernetes" } })).toMatchObject({
    platform: {
      kind: "kubernetes",
      namespace: { join: false, keep: false },
      pinnedImages: true,
      disruptionBudget: { maxUnavailable: 1 },
      expose: { kind: "node-port" },
      clusterDomain: "cluster.local",
      scheduling: { kind: "default" },
    },
    features: { volumeSize: "2Gi" },
    training: { checkpointSize: "5Gi", startBudget: "5m" },
  });
});

test("the machine's base image goes before the file's", () => {
  process.env["MLSTACK_BASE_IMAGE"] = "mlstack/base:bookworm";
  expect(settings({ ...docker, baseImage: "debian:12" }).baseImage).toBe("mlstack/base:bookworm");
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
    [
      { platform: { kind: "kubernetes", registry: { address: "r", password: "hunter2" } } },
      'mlstack:platform.registry: unknown key "password"',
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
  ])("%j", (values, message) => expect(() => settings(values)).toThrow(message));

  test("all mistakes of a file at once, naming the file and where to look", () => {
    const wrong = () => settings({ ...docker, features: { api: { replicas: 0 } }, training: { nodes: 0, epoch: 5 } });
    expect(wrong).toThrow(/^Pulumi\.test\.yaml: 3 mistakes; nothing was changed\n {2}mlstack:/);
    expect(wrong).toThrow("infra/stack.schema.json describes every key.");
  });

  test.each(["redisPassword", "registryPassword"])("a %s in plain text, without showing it", (key) => {
    const plain = () => settings({ ...docker, [key]: "hunter2" });
    expect(plain).toThrow(`mlstack:${key}: must be encrypted; set it with \`pulumi config set --secret ${key}\``);
    expect(plain).not.toThrow("hunter2");
  });
});

test.each(["redisPassword", "registryPassword"] as const)("takes an encrypted %s, with quotes and spaces, as a secret", async (key) => {
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = `["mlstack:${key}"]`;
  const { [key]: password } = settings({ ...docker, [key]: `it's "a b"` });
  expect(password && (await pulumi.isSecret(password))).toBe(true);
});
