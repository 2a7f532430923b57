import { STACK_LABEL } from "./labels.ts";

/** An object that exists in the cluster, as the API shows it; only what is read here has a type. */
export interface Existing {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: ExistingSpec;
  readonly status?: ExistingStatus;
}

/** What is read of the specs of workloads and claims. */
export interface ExistingSpec {
  readonly replicas?: number;
  readonly parallelism?: number;
  readonly template?: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };
  readonly accessModes?: readonly string[];
  readonly storageClassName?: string;
  readonly resources?: { readonly requests?: { readonly storage?: string } };
}

/** What is read of the status of workloads. */
export interface ExistingStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly readyReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly active?: number;
  readonly ready?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly conditions?: readonly Condition[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** What is in the cluster when the program starts; read once, never written. */
export interface ClusterView {
  /** Identifies this cluster among all others. */
  readonly id: string;
  /** Minor version of Kubernetes 1. */
  readonly minor: number;
  /** The stack's namespace, if it exists. */
  readonly namespace: Existing | undefined;
  /** Objects of the namespace by `Kind/name`: what a change may collide with, build on, or has to wait for again. */
  readonly objects: ReadonlyMap<string, Existing>;
  /** Storage classes by name, whether their volumes can grow; undefined when they may not be read. */
  readonly storageClasses: ReadonlyMap<string, { readonly grows: boolean; readonly isDefault: boolean }> | undefined;
  /** An address of a node, for ports that every node opens. */
  readonly nodeAddress: string | undefined;
}

/** A cluster without any object, for tests and for a rendering without a cluster. */
export const EMPTY_CLUSTER: ClusterView = {
  id: "none",
  minor: 37,
  namespace: undefined,
  objects: new Map(),
  storageClasses: undefined,
  nodeAddress: undefined,
};

/** Whether an object belongs to the stack with this label value. */
export function isOurs({ metadata }: Existing, stack: string): boolean {
  return metadata.labels?.[STACK_LABEL] === stack;
}
