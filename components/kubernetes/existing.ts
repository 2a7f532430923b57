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
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
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
