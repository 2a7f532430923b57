import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { dockerSettings } from "../components/docker/settings.ts";
import { kubernetesSettings, registry } from "../components/kubernetes/settings.ts";
import { RESERVED } from "../components/training-cluster.ts";
import * as w from "../components/workload/index.ts";

const limits = w.limits.describe("Limits of each container.");
const amount = (most: number) => z.int().min(1).max(most);

const features = w.strict({
  dataVersion: z
    .string()
    .min(1, "must not be empty")
    .default("1")
    .describe("Version of the source data; a new one builds and loads the features again."),
  backend: z.enum(["redis", "parquet"]).default("redis").describe("Where the API reads: Redis with Parquet as fallback, or Parquet alone."),
  accounts: z.int().min(0).max(10_000_000).default(10_000).describe("Accounts in the generated transactions graph."),
  transactions: amount(100_000_000).default(40_000).describe("Transactions between them."),
  seed: z.int().min(0).default(7).describe("Seed of the generated data."),
  volumeSize: w.memory.default("2Gi").describe("Capacity asked for the feature files, and for Redis' data; vacuous on Docker."),
  keep: z.boolean().default(false).describe("Whether the feature files and Redis' data stay when the stack is destroyed."),
  build: w
    .strict({ resources: limits.prefault({}) })
    .prefault({})
    .describe("The job that writes the Parquet files."),
  load: w
    .strict({ resources: limits.prefault({}) })
    .prefault({})
    .describe("The job that loads them into Redis."),
  redis: w
    .strict({ resources: limits.prefault({}) })
    .prefault({})
    .describe("The in-memory store."),
  api: w
    .strict({
      replicas: amount(64).default(2).describe("Copies of the online API."),
      logLevel: z.enum(["DEBUG", "INFO", "WARNING", "ERROR"]).default("INFO").describe("Least severe messages that are logged."),
      resources: limits.prefault({}),
    })
    .prefault({})
    .describe("The online API behind the gateway."),
  publish: w.publication
    .extend({ port: w.port.default(8000).describe("Port on the host.") })
    .prefault({})
    .describe("Where the outside reaches the API."),
});

/** Variables of the trainer that other settings stand for. */
const TOLD = ["FEATURE_STORE_BACKEND", "STORAGE_BASE_DIR", "EPOCHS", "CHECKPOINT_EVERY"] as const;

const training = w.strict({
  enabled: z.boolean().default(false).describe("Whether the ranks run. Switched off, the checkpoints stay."),
  nodes: amount(w.LARGEST_GANG).default(4).describe("Members; each is one container."),
  processesPerNode: amount(64).default(1).describe("Training processes in each member; world size is nodes × processesPerNode."),
  accelerator: w.accelerator
    .optional()
    .describe('Devices of each member, e.g. { vendor: "nvidia", count: 1 }; default: none, ranks run on CPU.'),
  nodeSelector: w.nodeSelector.default({}).describe("Labels a node must have; a single Docker host counts as matching."),
  tolerations: z
    .array(w.toleration)
    .default([])
    .describe("Taints of nodes that may hold a member all the same; those of GPU nodes follow from the accelerator."),
  epochs: amount(100_000).default(20).describe("Passes over the data."),
  checkpointEvery: amount(100_000).default(1).describe("Epochs between two checkpoints."),
  rendezvousPort: w.port.default(12355).describe("Port on which rank 0 accepts the others."),
  maxRestarts: z.int().min(0).max(1000).default(3).describe("Times all ranks start again after one died."),
  sharedMemory: w.memory
    .optional()
    .describe('Size of /dev/shm in each member; default: "1Gi" with an accelerator or several processes, else "64Mi".'),
  resources: limits.prefault({}),
  checkpointSize: w.memory.default("5Gi").describe("Capacity asked for the checkpoints; vacuous on Docker."),
  startBudget: w.duration.default("5m").describe("Time a deployment waits for all members to start, e.g. for free nodes."),
  keepCheckpoints: z.boolean().default(false).describe("Whether the checkpoints stay when the stack is destroyed."),
  env: w
    .leavesOut(z.record(z.string(), z.string()), [...RESERVED, ...TOLD])
    .default({})
    .describe("Further variables of every rank; those that tell it its rank or that a setting stands for are reserved."),
});

const images = w.strict({
  redis: reference("Redis"),
  features: reference("the feature builder and loader"),
  api: reference("the online API"),
  gateway: reference("the gateway"),
  trainer: reference("the trainer"),
});

function reference(of: string) {
  return z.string().min(1).optional().describe(`Image of ${of}, e.g. name@sha256:…; default: built from workloads/.`);
}

/** As the platform has them, but for the registry's password, which is a secret of its own. */
const kubernetes = kubernetesSettings.extend({
  kind: z.literal("kubernetes"),
  registry: registry.omit({ password: true }).optional().describe("Registry of the images that the stack builds."),
});

/** The keys of a stack file, below `mlstack:`. */
export const stackConfig = w.strict({
  platform: z
    .discriminatedUnion("kind", [dockerSettings.extend({ kind: z.literal("docker") }), kubernetes], {
      error: ({ input }) =>
        `must be { kind: docker, … } or { kind: kubernetes, … }, got ${w.quoted(typeof input === "object" && input !== null && "kind" in input ? input.kind : input)}`,
    })
    .describe("Where the stack runs."),
  baseImage: z
    .string()
    .min(1)
    .default("debian:bookworm-slim")
    .describe("Debian 12 image that the workload images are built on; the variable MLSTACK_BASE_IMAGE goes before it."),
  images: images.prefault({}).describe("Images to run instead of those built from workloads/."),
  features: features.prefault({}).describe("Feature store and online API."),
  training: training.prefault({}).describe("Distributed training."),
});

export type StackConfig = z.output<typeof stackConfig>;

/** Everything a stack file and its secrets say. */
export interface Settings extends StackConfig {
  /** Redis' password, if one is configured; otherwise one is generated. */
  readonly redisPassword: pulumi.Output<string> | undefined;
  /** Password of the registry's user, if one is configured. */
  readonly registryPassword: pulumi.Output<string> | undefined;
}

/**
 * Reads the configuration of the current stack.
 *
 * @throws pulumi.RunError with every mistake of the file at once, before any provider starts.
 */
export function readSettings(config = new pulumi.Config()): Settings {
  const file = `Pulumi.${pulumi.getStack()}.yaml`;
  const given = givenIn(config.name);
  const { redisPassword, registryPassword, ...plain } = given;
  const secrets = { redisPassword, registryPassword };
  const mistakes = Object.entries(secrets).flatMap(([key, value]) => secretMistakes(config.name, key, value));
  const result = stackConfig.safeParse(withBaseImage(plain), { reportInput: true });
  if (!result.success)
    mistakes.push(
      ...w.mistakesOf(result.error).map(({ path, message }) => ({ path: path === "" ? "" : `${config.name}:${path}`, message })),
    );
  if (mistakes.length > 0 || !result.success) throw new pulumi.RunError(describe(file, mistakes));
  const secret = (key: keyof typeof secrets) => (secrets[key] === undefined ? undefined : config.requireSecret(key));
  return { ...result.data, redisPassword: secret("redisPassword"), registryPassword: secret("registryPassword") };
}

/** Values by key, without the project's name; what is not text comes as JSON. */
function givenIn(project: string): Record<string, unknown> {
  const all = Object.entries(pulumi.runtime.allConfig());
  return Object.fromEntries(
    all.flatMap(([key, value]) => (key.startsWith(`${project}:`) ? [[key.slice(project.length + 1), parsed(value)] as const] : [])),
  );
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function withBaseImage(given: Record<string, unknown>): Record<string, unknown> {
  const local = process.env["MLSTACK_BASE_IMAGE"];
  return local === undefined ? given : { ...given, baseImage: local };
}

function secretMistakes(project: string, key: string, value: unknown): w.Mistake[] {
  if (value === undefined || secretKeys().includes(`${project}:${key}`)) return [];
  return [{ path: `${project}:${key}`, message: `must be encrypted; set it with \`pulumi config set --secret ${key}\`` }];
}

/** Which keys are encrypted in the stack file, as the language host tells every program. */
function secretKeys(): unknown[] {
  const keys: unknown = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]");
  return Array.isArray(keys) ? keys : [];
}

function describe(file: string, mistakes: readonly w.Mistake[]): string {
  return `${file}: ${w.count(mistakes.length, "mistake")}; nothing was changed\n${w.mistakeLines(mistakes)}\n  infra/stack.schema.json describes every key.`;
}
