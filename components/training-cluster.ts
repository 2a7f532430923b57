import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { FEATURES_PATH, FeatureStack } from "./feature-stack.ts";
import type { Observed } from "./monitoring/observed.ts";
import { DEFAULT_SCRATCH, requireMemory } from "./parts/memory.ts";
import * as w from "./workload/index.ts";

/** Variables that tell a process its rank and where its checkpoints are: the component sets them. */
export const RESERVED = [
  "RANK",
  "LOCAL_RANK",
  "WORLD_SIZE",
  "MASTER_ADDR",
  "MASTER_PORT",
  "PET_NNODES",
  "PET_NPROC_PER_NODE",
  "PET_NODE_RANK",
  "PET_MASTER_ADDR",
  "PET_MASTER_PORT",
  "CHECKPOINT_DIR",
  "EPOCHS",
  "CHECKPOINT_EVERY",
] as const;

/** Where the reference trainer answers with its numbers, unless METRICS_PORT says otherwise. */
const METRICS_PORT = 9400;

/** The reference trainer's torchrun, which starts the processes of a member and gives each its rank. */
const TORCHRUN = ["trainer-torchrun", "-m", "trainer"];

const checkpoints = w.strict({
  path: w.containerPath.default("/app/checkpoints").describe("Folder of the checkpoints in every member."),
  size: w.memory.default("5Gi").describe("Capacity requested for the checkpoints."),
  keep: w.protects(
    z.boolean().default(false).describe("Whether the checkpoints stay when the stack is destroyed."),
    "keeping the checkpoints",
  ),
});

const shape = {
  enabled: z
    .boolean()
    .default(true)
    .describe("Whether the ranks run. Switched off, the checkpoints stay, so that training can go on later."),
  command: z
    .array(z.string())
    .min(1, "must name the program to run")
    .optional()
    .describe(
      `Program that every member runs, not run by a shell; default: the image's entrypoint, with several processes per node ${TORCHRUN.join(" ")}.`,
    ),
  nodes: z.int().min(1).max(w.LARGEST_GANG).default(1).describe("Members; each is one container."),
  processesPerNode: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("Training processes in each member; world size is nodes × processesPerNode."),
  accelerator: w.accelerator
    .optional()
    .describe('Devices of each member, e.g. { vendor: "nvidia", count: 1 }; default: none, ranks run on CPU.'),
  nodeSelector: w.nodeSelector.default({}).describe("Labels a node must have to hold a member; a single host counts as matching."),
  tolerations: z
    .array(w.toleration)
    .default([])
    .describe("Taints of nodes that may hold a member all the same; those of GPU nodes follow from the accelerator."),
  epochs: z.int().min(1).max(100_000).optional().describe("Passes over the data; default: the image's own (20)."),
  checkpointEvery: z.int().min(1).max(100_000).optional().describe("Epochs between two checkpoints; default: the image's own (1)."),
  env: w
    .leavesOut(w.env, RESERVED)
    .default({})
    .describe("Further variables of every rank; those that carry its rank or that a setting has are reserved."),
  checkpoints: checkpoints.prefault({}).describe("Where checkpoints are written."),
  resources: w.resourcesOf({ memory: "2Gi" }).prefault({}).describe("Limits of each member."),
  hosts: w.hosts.default({}),
  sharedMemory: w.memory
    .optional()
    .describe('Size of /dev/shm in each member; default: "1Gi" with an accelerator or several processes, else "64Mi".'),
  rendezvousPort: w.port.default(12355).describe("Port on which rank 0 accepts the others."),
  maxRestarts: z.int().min(0).max(1000).default(3).describe("Times all ranks start again from the last checkpoint after one of them died."),
  startBudget: w.duration.default("5m").describe("Time a deployment waits for all members to start, e.g. for free nodes."),
};

/** What a stack file may say of distributed training. */
export const trainingSettings = w.withRule(w.strict(shape), requireSharedMemory);

export const trainingClusterSchema = w.withRule(
  w.strict({
    ...shape,
    image: w.imageSource,
    features: z.instanceof(FeatureStack, { error: "must be a FeatureStack" }).optional(),
    mounts: z.array(w.mount).default([]),
    after: w.after,
  }),
  requireSharedMemory,
);

function requireSharedMemory(settings: z.output<z.ZodObject<typeof shape>>, context: z.core.$RefinementCtx): void {
  requireMemory({ resources: settings.resources, sharedMemory: sharedMemoryOf(settings), scratch: DEFAULT_SCRATCH }, context);
}

type Settings = z.output<typeof trainingClusterSchema>;

/** Settings of a stack file, and what only a program can give. */
export type TrainingClusterArgs = z.input<typeof trainingSettings> & {
  /** Where the ranks run. */
  platform: w.Platform;
  /** Image holding the training program. */
  image: w.ImageSource;
  /** Features to train on: mounted read-only at `FEATURES_PATH`; the ranks start after they were built, and from the first epoch whenever they were built again. */
  features?: FeatureStack | undefined;
  /** Further volumes with training data. @default [] */
  mounts?: w.Mount[] | undefined;
  /** Started only after these are ready. @default [] */
  after?: w.Workload[] | undefined;
};

/**
 * A gang of ranks which train one model together.
 *
 * All ranks start together, run the same command and find each other through the `env://` convention of
 * `torch.distributed`. When one dies, the others end with an error, all are started again and resume from the last
 * checkpoint. Ready when every member has *started*; it does not wait for training to end.
 *
 * @example
 * const training = new TrainingCluster("trainer", {
 *   platform,
 *   image: "example/trainer:1.4",
 *   nodes: 4,
 *   features,
 * });
 */
export class TrainingCluster extends pulumi.ComponentResource {
  /** Number of training processes. */
  readonly worldSize: number;
  /** Host name of the member that holds rank 0; undefined while training is switched off. */
  readonly leader: string | undefined;
  /** Where the checkpoints are. */
  readonly checkpoints: w.Volume;
  /** What monitoring reads of it: nothing while training is switched off. */
  readonly observed: Observed[];

  constructor(name: string, args: TrainingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:TrainingCluster", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "TrainingCluster", name, platform }, trainingClusterSchema, given);
    const { size, keep } = settings.checkpoints;

    this.checkpoints = platform.volume(w.childName(name, "checkpoints"), { size, keep, access: "many-nodes" }, { parent: this });
    const gang = settings.enabled ? platform.gang(name, gangOf(settings, this.checkpoints), { parent: this }) : undefined;

    this.worldSize = settings.nodes * settings.processesPerNode;
    this.leader = gang?.leader;
    this.observed = gang === undefined ? [] : observedOf(settings, gang);
    this.registerOutputs({ worldSize: this.worldSize, leader: this.leader });
  }
}

/** Ranks have numbers unless METRICS_PORT is 0; a value that is not known yet is taken for the usual port. */
function observedOf({ env, nodes, processesPerNode }: Settings, target: w.Gang): Observed[] {
  const given = env["METRICS_PORT"];
  const metricsPort = typeof given === "string" ? Number(given) : METRICS_PORT;
  return metricsPort > 0 ? [{ kind: "ranks", target, metricsPort, nodes, processesPerNode }] : [];
}

/** The gang as the platform is asked to run it. */
export function gangOf(settings: Settings, checkpoints: w.Volume): w.GangSpec {
  const { nodes, rendezvousPort, maxRestarts, startBudget, features } = settings;
  const { accelerator, nodeSelector, tolerations } = settings;
  return {
    size: nodes,
    rendezvousPort,
    maxRestarts,
    startBudget,
    // Ranks hold the features in memory: those that were built again end training on the old ones.
    inputs: features === undefined ? {} : { features: features.built.fingerprint },
    after: [...settings.after, ...(features === undefined ? [] : [features.built])],
    placement: { accelerator, nodeSelector, tolerations },
    container: {
      image: w.imageFrom(settings.image),
      command: settings.command ?? (settings.processesPerNode > 1 ? TORCHRUN : undefined),
      env: {
        CHECKPOINT_DIR: settings.checkpoints.path,
        ...settings.env,
        ...schedule(settings),
        ...featuresEnv(settings),
        ...ranks(settings),
      },
      mounts: [
        ...(features === undefined ? [] : [{ volume: features.files, path: FEATURES_PATH, readOnly: true }]),
        ...settings.mounts,
        { volume: checkpoints, path: settings.checkpoints.path },
      ],
      resources: settings.resources,
      sharedMemory: sharedMemoryOf(settings),
      hosts: settings.hosts,
    },
  };
}

/** How long the reference trainer trains; what is not given is the image's own choice. */
function schedule({ epochs, checkpointEvery }: Settings): Record<string, string> {
  return {
    ...(epochs === undefined ? {} : { EPOCHS: String(epochs) }),
    ...(checkpointEvery === undefined ? {} : { CHECKPOINT_EVERY: String(checkpointEvery) }),
  };
}

/** Ranks read the files themselves: a store that answers row by row would be the bottleneck of every epoch. */
function featuresEnv({ features }: Settings): Record<string, string> {
  return features === undefined ? {} : { FEATURE_STORE_BACKEND: "parquet", STORAGE_BASE_DIR: FEATURES_PATH };
}

/** A single process of a member is given its rank; several get theirs from torchrun, which reads `PET_*`. */
function ranks(settings: Settings): Record<string, w.GangEnvValue> {
  const port = String(settings.rendezvousPort);
  if (settings.processesPerNode === 1) {
    return {
      RANK: w.memberIndex(),
      LOCAL_RANK: "0",
      WORLD_SIZE: String(settings.nodes),
      MASTER_ADDR: w.leaderAddress(),
      MASTER_PORT: port,
    };
  }
  return {
    PET_NNODES: String(settings.nodes),
    PET_NPROC_PER_NODE: String(settings.processesPerNode),
    PET_NODE_RANK: w.memberIndex(),
    PET_MASTER_ADDR: w.leaderAddress(),
    PET_MASTER_PORT: port,
  };
}

type SharedMemorySettings = Pick<Settings, "sharedMemory" | "accelerator" | "processesPerNode">;

/** Worker processes and GPU libraries share tensors through it: the 64Mi of a plain container end in a crash. */
function sharedMemoryOf({ sharedMemory, accelerator, processesPerNode }: SharedMemorySettings): w.Memory {
  return sharedMemory ?? (accelerator !== undefined || processesPerNode > 1 ? "1Gi" : "64Mi");
}
