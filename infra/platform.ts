import { z } from "zod";

import { dockerSettings } from "../components/docker/settings.ts";
import { kubernetesSettings } from "../components/kubernetes/settings.ts";
import type { Changes } from "../components/workload/change.ts";
import type { Drift } from "../components/workload/drift.ts";
import type { Finding } from "../components/workload/finding.ts";
import {
  type Operations,
  type Platform,
  quoted,
  type StateResource,
  type TaskLaunch,
  type TaskRequest,
  unreachable,
} from "../components/workload/index.ts";

/** Whether two subnets of stacks on Docker share an address. */
export { overlap as subnetsOverlap } from "../components/docker/subnet.ts";

/** Where a stack runs, and the target's own settings. */
export const platformSettings = z.discriminatedUnion(
  "kind",
  [dockerSettings.extend({ kind: z.literal("docker") }), kubernetesSettings.extend({ kind: z.literal("kubernetes") })],
  { error: ({ input }) => `must be { kind: docker, … } or { kind: kubernetes, … }, got ${quoted(kindOf(input))}` },
);

type PlatformSettings = z.output<typeof platformSettings>;

function kindOf(input: unknown): unknown {
  return typeof input === "object" && input !== null && "kind" in input ? input.kind : input;
}

/**
 * The platform that the stack file names. The only place of the program that knows the targets; each is loaded only
 * where it is used, since their clients and providers are a good part of a preview's time.
 */
export async function createPlatform(platform: PlatformSettings): Promise<Platform> {
  switch (platform.kind) {
    case "docker": {
      const { kind: _, ...settings } = platform;
      const { DockerPlatform } = await import("../components/docker/platform.ts");
      return DockerPlatform.connect(settings);
    }
    case "kubernetes": {
      const { kind: _, ...settings } = platform;
      const { KubernetesPlatform } = await import("../components/kubernetes/platform.ts");
      return KubernetesPlatform.connect(settings);
    }
    default:
      return unreachable(platform);
  }
}

/** The same without an engine or a cluster, where nothing exists: for what only reads what a program would register. */
export async function emptyPlatform(platform: PlatformSettings): Promise<Platform> {
  switch (platform.kind) {
    case "docker": {
      const { kind: _, ...settings } = platform;
      return (await import("../components/docker/platform.ts")).DockerPlatform.offline(settings);
    }
    case "kubernetes": {
      const { kind: _, ...settings } = platform;
      return (await import("../components/kubernetes/platform.ts")).KubernetesPlatform.offline(settings);
    }
    default:
      return unreachable(platform);
  }
}

/** The same without a cluster, for a rendering of what would be applied; undefined where the target has no such form. */
export async function offlinePlatform(platform: PlatformSettings): Promise<Platform | undefined> {
  return platform.kind === "kubernetes" ? emptyPlatform(platform) : undefined;
}

/** What a change does on a target, as its adapter decides it. */
export async function changesOn(kind: PlatformSettings["kind"]): Promise<Changes> {
  switch (kind) {
    case "docker":
      return (await import("../components/docker/consequences.ts")).dockerChanges;
    case "kubernetes":
      return (await import("../components/kubernetes/consequences.ts")).kubernetesChanges;
    default:
      return unreachable(kind);
  }
}

/** Which engine or cluster a deployment would reach now. @throws RunError where none answers */
export async function identityOf(platform: PlatformSettings): Promise<string> {
  switch (platform.kind) {
    case "docker":
      return (await import("../components/docker/identity.ts")).engineIdentity();
    case "kubernetes": {
      const [{ Cluster }, { clusterIdentity }] = await Promise.all([
        import("../components/kubernetes/cluster.ts"),
        import("../components/kubernetes/identity.ts"),
      ]);
      return clusterIdentity(new Cluster(platform.context));
    }
    default:
      return unreachable(platform);
  }
}

/** The content of images by their references, where the target has them itself; a cluster's nodes each have their own. */
export async function imageContents({ kind }: PlatformSettings, references: readonly string[]): Promise<Record<string, string>> {
  return kind === "docker" ? (await import("../components/docker/identity.ts")).contentsOnEngine(references) : {};
}

/** Of a stack, what is looked at on its target. */
interface Examined {
  /** What it would apply, where the target has such a form. */
  readonly objects: readonly object[];
  /** Where to. */
  readonly namespace: string;
  /** Whether images are built on this machine's engine. */
  readonly builds: boolean;
  /** Images that the settings name. */
  readonly images: readonly string[];
}

/** What a deployment would need of its target, looked at before it is needed; what the program itself refuses is not in it. */
export async function examine(platform: PlatformSettings, { objects, namespace, builds, images }: Examined): Promise<Finding[]> {
  switch (platform.kind) {
    case "docker":
      return (await import("../components/docker/examination.ts")).examineEngine(images);
    case "kubernetes": {
      const [{ Cluster }, { examineCluster }] = await Promise.all([
        import("../components/kubernetes/cluster.ts"),
        import("../components/kubernetes/examination.ts"),
      ]);
      const architecture = { x64: "amd64", arm64: "arm64" }[process.arch as string];
      const cluster = new Cluster(platform.context);
      const findings = await examineCluster(cluster, namespace, objects, builds ? architecture : undefined);
      if (platform.prometheus === undefined) return findings;
      const { examinePrometheus } = await import("../components/kubernetes/prometheus.ts");
      return [...findings, ...(await examinePrometheus(cluster, namespace, platform.prometheus))];
    }
    default:
      return unreachable(platform);
  }
}

/** What a state on this machine says of what its stack has made. */
export interface RecordedStack {
  readonly target: "docker" | "kubernetes";
  /** `<project>.<stack>`. */
  readonly stack: string;
  /** The state's id, by which all that it made is marked. */
  readonly owner: string;
  /** The kubeconfig context that the settings name. */
  readonly context: string | undefined;
  /** Its resources. */
  readonly resources: readonly StateResource[];
}

/** Removes what an interrupted deployment has made and its state does not know. @returns what was removed, as messages name it */
export async function removeLeftovers({ target, stack, owner, context, resources }: RecordedStack): Promise<string[]> {
  switch (target) {
    case "docker": {
      const { removeDockerLeftovers } = await import("../components/docker/leftovers.ts");
      return removeDockerLeftovers(owner, new Set(resources.flatMap(({ id }) => id ?? [])));
    }
    case "kubernetes": {
      const [{ Cluster }, { removeClusterLeftovers, whereaboutsIn }] = await Promise.all([
        import("../components/kubernetes/cluster.ts"),
        import("../components/kubernetes/leftovers.ts"),
      ]);
      return removeClusterLeftovers(new Cluster(context, { orCurrent: true }), { stack, owner, ...whereaboutsIn(resources) });
    }
    default:
      return unreachable(target);
  }
}

/** What was found, and what could not be looked at. */
export interface Looked {
  readonly differences: readonly Drift[];
  readonly notes: readonly string[];
}

/**
 * What on the target is not as the last deployment left it, and what the next one does about it.
 *
 * @throws RunError with the next command where the engine or the cluster does not answer
 */
export async function driftOf({ target, stack, owner, context, resources }: RecordedStack): Promise<Looked> {
  switch (target) {
    case "docker": {
      const { dockerDrift } = await import("../components/docker/stack-drift.ts");
      return { differences: await dockerDrift(resources), notes: [] };
    }
    case "kubernetes": {
      const [{ Cluster }, { clusterDrift }] = await Promise.all([
        import("../components/kubernetes/cluster.ts"),
        import("../components/kubernetes/stack-drift.ts"),
      ]);
      return clusterDrift(new Cluster(context, { orCurrent: true }), { stack, owner }, resources);
    }
    default:
      return unreachable(target);
  }
}

/** What may be asked of a deployed stack by those who run it. @throws RunError where there is no way to its engine or cluster */
export async function operationsOn({ target, stack, owner, context, resources }: RecordedStack): Promise<Operations> {
  switch (target) {
    case "docker":
      return new (await import("../components/docker/live.ts")).DockerOperations(resources, owner);
    case "kubernetes": {
      const [{ Cluster }, { KubernetesOperations }] = await Promise.all([
        import("../components/kubernetes/cluster.ts"),
        import("../components/kubernetes/live.ts"),
      ]);
      return new KubernetesOperations(new Cluster(context, { orCurrent: true }), resources, stack);
    }
    default:
      return unreachable(target);
  }
}

/** Runs a task of a deployed stack and resolves to its exit code. Each target's client is loaded only where it is used. */
export async function runTask(launch: TaskLaunch, request: TaskRequest): Promise<number> {
  switch (launch.platform) {
    case "docker":
      return (await import("../components/docker/task-run.ts")).runTask(launch, request);
    case "kubernetes":
      return (await import("../components/kubernetes/task-run.ts")).runTask(launch, request);
    default:
      return unreachable(launch);
  }
}
