import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import * as w from "./workload/index.ts";

/** What a training job is. */
export interface TrainingClusterArgs {
  /** Where the ranks run. */
  platform: w.Platform;
  /** Image holding the training program. */
  image: pulumi.Input<string>;
  /**
   * Whether the ranks run. Switched off, the checkpoint volume stays, so that training can go on later.
   * @default true
   */
  enabled?: boolean | undefined;
  /**
   * Program that every member runs, not run by a shell. With several processes a member it must be torchrun
   * (`["torchrun", "-m", "trainer"]`), which starts them and gives each its rank.
   * @default - the image's entrypoint
   */
  command?: string[] | undefined;
  /**
   * Number of members. Each is one container.
   * @default 1
   */
  nodes?: number | undefined;
  /**
   * Training processes in each member. World size is `nodes` × `processesPerNode`.
   * @default 1
   */
  processesPerNode?: number | undefined;
  /**
   * Devices for each member.
   * @default - none; ranks run on CPU
   */
  accelerator?: w.Accelerator | undefined;
  /**
   * Labels a node must have to hold a member. A single Docker host counts as matching.
   * @default {}
   */
  nodeSelector?: Record<string, string> | undefined;
  /**
   * Taints of nodes that may hold a member all the same. Those of GPU nodes follow from the accelerator.
   * @default []
   */
  tolerations?: w.Toleration[] | undefined;
  /** Further variables. Those that tell a process its rank, and `CHECKPOINT_DIR`, are reserved (`RESERVED`). */
  env?: Record<string, w.EnvValue> | undefined;
  /** Volumes with training data, e.g. the features of a FeatureStack, read-only. */
  mounts?: w.Mount[] | undefined;
  /** Where checkpoints are kept: `{ path, size, keep }`; default: 5Gi at `/app/checkpoints`, removed by a destroy. */
  checkpoints?: { path?: string | undefined; size?: w.Memory | undefined; keep?: boolean | undefined } | undefined;
  /** Limits of each member; default: 1 core, 2Gi. */
  resources?: w.Limits | undefined;
  /**
   * Size of `/dev/shm` in each member, through which processes of one member and data loaders share tensors.
   * @default - "1Gi" with an accelerator or several processes a member, else "64Mi"
   */
  sharedMemory?: w.Memory | undefined;
  /**
   * TCP port on which rank 0 accepts the others.
   * @default 29500
   */
  rendezvousPort?: number | undefined;
  /**
   * Times all ranks start again from the last checkpoint after one of them died.
   * @default 3
   */
  maxRestarts?: number | undefined;
  /**
   * Time a deployment waits for all members to start, e.g. for free nodes.
   * @default "5m"
   */
  startBudget?: w.Duration | undefined;
  /** Started only after these are there, e.g. the job that builds the features. */
  after?: w.Workload[] | undefined;
}

/** Variables that the component sets: those that tell a process its rank, and where the checkpoints are. */
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
] as const;

export const trainingClusterSchema = w
  .strict({
    image: w.inputText,
    enabled: z.boolean().default(true),
    command: z.array(z.string()).min(1, "must name the program to run").optional(),
    nodes: z.int().min(1).max(w.LARGEST_GANG).default(1),
    processesPerNode: z.int().min(1).max(64).default(1),
    accelerator: w.accelerator.optional(),
    nodeSelector: w.nodeSelector.default({}),
    tolerations: z.array(w.toleration).default([]),
    env: w.leavesOut(w.env, RESERVED).default({}),
    mounts: z.array(w.mount).default([]),
    checkpoints: w
      .strict({ path: w.containerPath.default("/app/checkpoints"), size: w.memory.default("5Gi"), keep: z.boolean().default(false) })
      .prefault({}),
    resources: w.resources.extend({ memory: w.memory.default("2Gi") }).prefault({}),
    sharedMemory: w.memory.optional(),
    rendezvousPort: w.port.default(29500),
    maxRestarts: z.int().min(0).max(1000).default(3),
    startBudget: w.duration.default("5m"),
    after: w.after,
  })
  .refine(({ processesPerNode, command }) => processesPerNode === 1 || command !== undefined, {
    path: ["command"],
    error: "is required with several processes per node: it must be torchrun, which starts them",
  });

type Settings = z.output<typeof trainingClusterSchema>;

/**
 * A gang of ranks which train one model together.
 *
 * All ranks start together, run the same command and find each other through the `env://` convention of
 * `torch.distributed`. When one dies, the others end with an error, all are started again and resume from the last
 * checkpoint. The component is there once every member has *started*; it does not wait for training to end.
 *
 * @example
 * const training = new TrainingCluster("trainer", {
 *   platform,
 *   image: "example/trainer:1.4",
 *   nodes: 4,
 *   mounts: [{ volume: features.volume, path: "/app/data/features", readOnly: true }],
 * });
 */
export class TrainingCluster extends pulumi.ComponentResource {
  /** Number of training processes. */
  readonly worldSize: number;
  /** Host name of the member that holds rank 0; undefined while training is switched off. */
  readonly leader: string | undefined;
  /** Where the checkpoints are. */
  readonly checkpoints: w.Volume;

  constructor(name: string, args: TrainingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlstack:index:TrainingCluster", name, {}, opts);
    const { platform, ...given } = args;
    const settings = w.parse({ kind: "TrainingCluster", name, resource: this }, trainingClusterSchema, given);
    const { size, keep } = settings.checkpoints;

    this.checkpoints = platform.volume(w.childName(name, "checkpoints"), { size, keep, access: "many-nodes" }, { parent: this });
    const gang = settings.enabled ? platform.gang(name, gangOf(settings, this.checkpoints), { parent: this }) : undefined;

    this.worldSize = settings.nodes * settings.processesPerNode;
    this.leader = gang?.leader;
    this.registerOutputs({ worldSize: this.worldSize, leader: this.leader });
  }
}

/** What the platform is asked to run. */
export function gangOf(settings: Settings, checkpoints: w.Volume): w.GangSpec {
  const { image, command, mounts, resources, nodes, rendezvousPort, maxRestarts, startBudget, after } = settings;
  const { accelerator, nodeSelector, tolerations } = settings;
  return {
    size: nodes,
    rendezvousPort,
    maxRestarts,
    startBudget,
    after,
    placement: { accelerator, nodeSelector, tolerations },
    container: {
      image,
      ...(command === undefined ? {} : { command }),
      env: { CHECKPOINT_DIR: settings.checkpoints.path, ...settings.env, ...ranks(settings) },
      mounts: [...mounts, { volume: checkpoints, path: settings.checkpoints.path }],
      resources,
      sharedMemory: settings.sharedMemory ?? defaultSharedMemory(settings),
    },
  };
}

/** One process a member is told its rank; several are told by torchrun, which reads `PET_*`. */
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

function defaultSharedMemory({ accelerator, processesPerNode }: Settings): w.Memory {
  return accelerator !== undefined || processesPerNode > 1 ? "1Gi" : "64Mi";
}
