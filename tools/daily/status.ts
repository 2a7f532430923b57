import type { LiveReplica, LiveWorkload } from "../../components/workload/operations.ts";
import { orderOf, sectionOf } from "../../infra/sections.ts";
import type { Lock } from "../setup/backend.ts";
import { isStale, locksOf } from "../setup/backend.ts";
import { type Measures, type Model, measuresOf } from "./measures.ts";
import { titleOf } from "./names.ts";
import { type Operated, sentences } from "./operated.ts";

/** What a replica does, and what it says of itself. */
export interface ReplicaStatus extends LiveReplica {
  /** Rank of a member with one process. */
  readonly rank: number | undefined;
  /** Last epoch that it has finished. */
  readonly epoch: number | undefined;
  /** Whether it waits for other ranks. */
  readonly waits: boolean;
}

/** A part of a stack as it is now. */
export interface PartStatus extends Omit<LiveWorkload, "replicas" | "within" | "under"> {
  /** Section and name, e.g. `features/api`. */
  readonly title: string;
  readonly models: readonly Model[];
  /** When the last checkpoint was written, as an ISO time. */
  readonly checkpointAt: string | undefined;
  readonly replicas: readonly ReplicaStatus[];
}

/** A stack as it is now. */
export interface StackStatus {
  readonly stack: string;
  readonly project: string;
  readonly target: "docker" | "kubernetes";
  readonly at: string;
  /** Who deploys it now. */
  readonly deploying: Lock | undefined;
  /** Whether every part keeps its promise. */
  readonly kept: boolean;
  readonly parts: readonly PartStatus[];
}

/** Looks at a stack; nothing is changed. */
export async function statusOf({ stack, recorded, operations }: Operated): Promise<StackStatus> {
  const live = await sentences(() => operations.look());
  const place = ({ within, under }: LiveWorkload) => orderOf(sectionOf(within, under));
  const inOrder = [...live].sort((a, b) => place(a) - place(b));
  const parts = await Promise.all(inOrder.map(async (workload) => partOf(workload, await measuresOf(operations, workload))));
  return {
    stack: stack.name,
    project: stack.project,
    target: recorded.target,
    at: new Date().toISOString(),
    deploying: locksOf(stack).find(({ lock }) => !isStale(lock))?.lock,
    kept: parts.every(({ kept }) => kept),
    parts,
  };
}

/** A workload with what its replicas say of themselves. */
export function partOf(workload: LiveWorkload, { models, epochs, waiting, checkpoint }: Measures): PartStatus {
  const { within: _within, under: _under, replicas, ...rest } = workload;
  return {
    ...rest,
    title: titleOf(workload),
    models,
    checkpointAt: checkpoint === undefined ? undefined : new Date(checkpoint).toISOString(),
    replicas: replicas.map((replica) => {
      const index = workload.kind === "gang" ? /-(\d+)$/.exec(replica.name)?.[1] : undefined;
      return {
        ...replica,
        rank: index === undefined ? undefined : Number(index),
        epoch: index === undefined ? undefined : epochs.get(index),
        waits: index !== undefined && waiting.has(index),
      };
    }),
  };
}
