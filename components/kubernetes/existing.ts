import { JOBS, OBJECTS, STACK_LABEL } from "./labels.ts";
import type { Pod } from "./pod-status.ts";

/** An object that exists in the cluster, as the API shows it; only what is read here has a type. */
export interface Existing {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    /** Counts the changes of its spec; absent where its kind does not count them. */
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly creationTimestamp?: string;
    /** Since when it is being deleted. */
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly FieldOwner[];
    /** What it goes with; most of all, what a controller has made. */
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly spec?: ExistingSpec;
  readonly status?: ExistingStatus;
}

/** Begins the name under which the provider sets fields. */
export const OURS = "pulumi-kubernetes";

/** Which fields of an object one client has set last, in the API server's own record. */
export interface FieldOwner {
  readonly manager?: string;
  /** What of the object it has set them through, e.g. `status`; absent for the object itself. */
  readonly subresource?: string;
  readonly fieldsV1?: FieldTree;
}

/** Fields below `f:NAME`, entries of a list below `k:KEYS` or `v:VALUE`; an empty tree stands for everything below. */
export interface FieldTree {
  readonly [step: string]: FieldTree;
}

/** What is read of the specs of workloads and claims. */
export interface ExistingSpec {
  readonly replicas?: number;
  readonly parallelism?: number;
  readonly template?: {
    readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
    readonly spec?: { readonly volumes?: readonly { readonly configMap?: { readonly name?: string } }[] };
  };
  readonly accessModes?: readonly string[];
  readonly storageClassName?: string;
  /** The volume that a claim has; none until there is one that fits. */
  readonly volumeName?: string;
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
  /** Of a Service: where its load balancer answers. */
  readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
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
  /**
   * Objects of the namespace by `Kind/name`: what a change may collide with, build on, or has to wait for again. Secrets, whose
   * names are random, are found by the name of the noun that they belong to.
   */
  readonly objects: ReadonlyMap<string, Existing>;
  /** Kinds that this user may not list: whether one of them exists is not known. */
  readonly unread: ReadonlySet<string>;
  /** What the last successful deployment noted in the namespace. */
  readonly deployed: Deployed;
  /** Storage classes by name, whether their volumes can grow; undefined when they may not be read. */
  readonly storageClasses: ReadonlyMap<string, { readonly grows: boolean; readonly isDefault: boolean }> | undefined;
  /** Pods of services, where a preview is to say that one may end again; none in a deployment, which looks itself. */
  readonly pods: readonly Pod[];
  /** An address of a node, for ports that every node opens. */
  readonly nodeAddress: string | undefined;
}

/** What a successful deployment leaves in the namespace for the next. */
export interface Deployed {
  /** `Kind/name` of all that it declared. */
  readonly objects: ReadonlySet<string>;
  /** Annotations of the jobs that have succeeded, by name: one whose object is gone is not run again. */
  readonly jobs: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Where nothing was deployed before. */
export const NOTHING_DEPLOYED: Deployed = { objects: new Set(), jobs: new Map() };

/** What the last successful deployment noted. */
export function deployedIn(record: Existing | undefined): Deployed {
  const { [OBJECTS]: objects, [JOBS]: jobs } = record?.metadata.annotations ?? {};
  if (objects === undefined || jobs === undefined) return NOTHING_DEPLOYED;
  return { objects: new Set<string>(JSON.parse(objects)), jobs: new Map(Object.entries<Record<string, string>>(JSON.parse(jobs))) };
}

/** A cluster without any object, for tests and for a rendering without a cluster. */
export const EMPTY_CLUSTER: ClusterView = {
  id: "none",
  minor: 37,
  namespace: undefined,
  objects: new Map(),
  unread: new Set(),
  deployed: NOTHING_DEPLOYED,
  storageClasses: undefined,
  pods: [],
  nodeAddress: undefined,
};

/** Whether an object belongs to the stack with this label value. */
export function isOurs({ metadata }: Existing, stack: string): boolean {
  return metadata.labels?.[STACK_LABEL] === stack;
}
