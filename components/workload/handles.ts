import type * as pulumi from "@pulumi/pulumi";

/**
 * What a platform returns for each noun. `resource` is what others depend on: it resolves when the promise of the noun
 * is kept (see `Platform`).
 */
interface Handle<Kind extends string> {
  readonly kind: Kind;
  /** The requested name, by which other workloads reach it. */
  readonly name: string;
  readonly resource: pulumi.Resource;
}

/** Storage that outlives the containers which mount it. */
export interface Volume extends Handle<"volume"> {
  /** Whether containers on several nodes can mount it at the same time. */
  readonly access: "one-node" | "many-nodes";
}

/** Sensitive values by key. */
export interface Secret extends Handle<"secret"> {
  readonly keys: readonly string[];
}

/** Plain files that containers mount read-only. */
export interface ConfigFiles extends Handle<"configFiles"> {}

/** An image that containers can be started from. */
export interface Image extends Handle<"image"> {
  /** The reference that containers use: a tag that follows from the content, or the given one. */
  readonly reference: pulumi.Output<string>;
}

/** Replicas behind one address; resolves when every replica is ready. */
export interface Service extends Handle<"service"> {
  /** Host name that every workload of the platform resolves. */
  readonly address: string;
  /** Absolute host name that has the address of every replica, for a client that balances the load itself. */
  readonly replicasAddress: string;
  /** TCP port of every replica. */
  readonly port: number;
  /** `http://host:port` outside the platform; absent when nothing is published. */
  readonly url: pulumi.Output<string> | undefined;
  /**
   * Where a debugger connects: `host:port`, or the command that opens this port where the platform does not. Absent when
   * the spec has no `debug`.
   */
  readonly debugAddress?: string | undefined;
}

/** One-shot work; resolves when it has succeeded. */
export interface Job extends Handle<"job"> {
  /** Hash of all that decides whether the work runs again; pass it in the `inputs` of what must follow its results. */
  readonly fingerprint: pulumi.Output<string>;
}

/** Members that start and fail as one; resolves when all have started. */
export interface Gang extends Handle<"gang"> {
  /** Stable host name of each member, by index. */
  readonly members: readonly string[];
  /** Host name of member 0. */
  readonly leader: string;
}

/** Work on demand; resolves when declared. Nothing can depend on it, because it may run at any time. */
export interface Task extends Handle<"task"> {
  /** What `npm run task` needs to start it, as JSON without a secret; one of the stack's outputs, under `tasks`. */
  readonly launch: pulumi.Output<string>;
}

/** Anything that another workload can be started after. */
export type Workload = Service | Job | Gang;

/** Type guard for a zod schema: is this a handle of that kind? */
export function isHandle(...kinds: readonly string[]): (value: unknown) => boolean {
  return (value) => typeof value === "object" && value !== null && "kind" in value && kinds.includes(String(value.kind));
}
