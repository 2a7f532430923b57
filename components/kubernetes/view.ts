import * as pulumi from "@pulumi/pulumi";

import { ApiError, type Cluster } from "./cluster.ts";
import { STACK_LABEL } from "./labels.ts";

/** What stands in the cluster when the program starts; read once, never written. */
export interface ClusterView {
  /** Tells this cluster from all others. */
  readonly id: string;
  /** Minor version of Kubernetes 1. */
  readonly minor: number;
  /** The stack's namespace, if it is there. */
  readonly namespace: Standing | undefined;
  /** Objects of the namespace by `Kind/name`: what a change may collide with, build on, or has to wait for again. */
  readonly objects: ReadonlyMap<string, Standing>;
  /** Storage classes by name, whether their volumes can grow; undefined when they may not be read. */
  readonly storageClasses: ReadonlyMap<string, { readonly grows: boolean; readonly isDefault: boolean }> | undefined;
  /** An address of a node, for ports that every node opens. */
  readonly nodeAddress: string | undefined;
}

/** An object that stands, as the API shows it; only what is read here has a type. */
export interface Standing {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** A cluster in which nothing stands; what tests and an offline rendering start from. */
export const EMPTY_CLUSTER: ClusterView = {
  id: "none",
  minor: 37,
  namespace: undefined,
  objects: new Map(),
  storageClasses: undefined,
  nodeAddress: undefined,
};

/** Nodes among which one with an address is looked for. */
const SOME_NODES = "50";

/** Oldest Kubernetes that knows every field we write (`preStop.sleep`, `podReplacementPolicy`). */
export const OLDEST_MINOR = 30;

/**
 * Reads what decides whether a change can succeed.
 *
 * @param needsNode whether the address of a node is asked for
 * @throws pulumi.RunError with the next command when the cluster does not answer, is too old or lets nobody in.
 */
export async function look(cluster: Cluster, namespace: string, needsNode: boolean): Promise<ClusterView> {
  try {
    const inside = (group: string, plural: string) =>
      cluster.get<List>(`/${group}/namespaces/${namespace}/${plural}`).then(({ items }) => items);
    const [
      version,
      system,
      space,
      deployments,
      sets,
      jobs,
      templates,
      claims,
      services,
      maps,
      accounts,
      policies,
      budgets,
      classes,
      nodes,
    ] = await Promise.all([
      cluster.get<{ minor: string }>("/version"),
      cluster.find<Standing>("/api/v1/namespaces/kube-system"),
      cluster.find<Standing>(`/api/v1/namespaces/${namespace}`),
      inside("apis/apps/v1", "deployments"),
      inside("apis/apps/v1", "statefulsets"),
      inside("apis/batch/v1", "jobs"),
      // Who has no tasks needs no right to them.
      cluster.find<List>(`/apis/batch/v1/namespaces/${namespace}/cronjobs`),
      inside("api/v1", "persistentvolumeclaims"),
      inside("api/v1", "services"),
      inside("api/v1", "configmaps"),
      inside("api/v1", "serviceaccounts"),
      inside("apis/networking.k8s.io/v1", "networkpolicies"),
      inside("apis/policy/v1", "poddisruptionbudgets"),
      cluster.find<List<StorageClass>>("/apis/storage.k8s.io/v1/storageclasses"),
      needsNode ? cluster.find<List<Node>>("/api/v1/nodes", { limit: SOME_NODES }) : undefined,
    ]);
    const minor = Number.parseInt(version.minor, 10);
    if (minor < OLDEST_MINOR) throw new pulumi.RunError(tooOld(cluster, minor));
    if (system === undefined) throw new pulumi.RunError(nameless(cluster));
    const kinds = {
      Deployment: deployments,
      StatefulSet: sets,
      Job: jobs,
      CronJob: templates?.items ?? [],
      PersistentVolumeClaim: claims,
      Service: services,
      ConfigMap: maps,
      ServiceAccount: accounts,
      NetworkPolicy: policies,
      PodDisruptionBudget: budgets,
    };
    const entries = Object.entries(kinds).flatMap(([kind, items]) => items.map((one) => [`${kind}/${one.metadata.name}`, one] as const));
    return {
      id: system.metadata.uid ?? cluster.server,
      minor,
      namespace: space,
      objects: new Map(entries),
      storageClasses: classes === undefined ? undefined : new Map(classes.items.map((one) => [one.metadata.name, classView(one)])),
      nodeAddress: nodes?.items.map(addressOf).find((address) => address !== undefined),
    };
  } catch (error) {
    if (error instanceof pulumi.RunError) throw error;
    throw new pulumi.RunError(unreachable(cluster, error));
  }
}

/** Whether an object belongs to the stack with this label value. */
export function isOurs(standing: Standing, stack: string): boolean {
  return standing.metadata.labels?.[STACK_LABEL] === stack;
}

interface List<T = Standing> {
  readonly items: readonly T[];
}

interface StorageClass extends Standing {
  readonly allowVolumeExpansion?: boolean;
}

interface Node extends Standing {
  readonly status: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

function classView({ allowVolumeExpansion, metadata }: StorageClass) {
  const isDefault = metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
  return { grows: allowVolumeExpansion === true, isDefault };
}

function addressOf({ status }: Node): string | undefined {
  const of = (type: string) => status.addresses?.find((one) => one.type === type)?.address;
  return of("ExternalIP") ?? of("InternalIP");
}

/** Whoever asks must get the same answer: to another cluster everything would be moved. */
function nameless(cluster: Cluster): string {
  return [
    `Kubernetes: ${cluster.server} (context "${cluster.context}") does not let this user read namespace "kube-system", whose uid tells clusters apart.`,
    '  Ask for the right to "get" it.',
    "  Nothing was changed.",
  ].join("\n");
}

function tooOld(cluster: Cluster, minor: number): string {
  return `Kubernetes: ${cluster.server} runs 1.${minor}; 1.${OLDEST_MINOR} or newer is needed.\n  Nothing was changed.`;
}

function unreachable(cluster: Cluster, error: unknown): string {
  const reason = error instanceof Error ? error.message || String(Reflect.get(error, "code")) : String(error);
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
    return [
      `Kubernetes: ${cluster.server} (context "${cluster.context}") lets this user not read the namespace: ${reason}.`,
      `  Log in again, or ask for a role that may manage the namespace.`,
      "  Nothing was changed.",
    ].join("\n");
  }
  return [
    `Kubernetes: no cluster answers at ${cluster.server} (context "${cluster.context}"): ${reason}.`,
    "  Start it or log in, or name another context: platform.context, or `kubectl config use-context`.",
    "  Without a cluster, `npm run render -- -s <stack>` writes what would be applied.",
    "  Nothing was changed.",
  ].join("\n");
}
