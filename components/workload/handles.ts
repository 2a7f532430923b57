import type * as pulumi from "@pulumi/pulumi";

/**
 * What a platform gives back for each noun. `resource` is what others depend on: it counts as there once the promise
 * of the noun is kept (see `Platform`).
 */
interface Handle<Kind extends string> {
  readonly kind: Kind;
  /** The name asked for; other workloads of the platform see the thing under it. */
  readonly name: string;
  readonly resource: pulumi.Resource;
}

/** Storage that outlives the containers which mount it. */
export interface Volume extends Handle<"volume"> {
  /** Whether containers on several nodes mount it at once. */
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
  /** What a container names to get it: a tag that follows from the content, or a given reference. */
  readonly reference: pulumi.Output<string>;
}

/** Replicas behind one address; there once every replica is ready. */
export interface Service extends Handle<"service"> {
  /** Host name that every workload of the platform resolves. */
  readonly address: string;
  /** Absolute host name that has the address of every replica: what a load balancer of its own resolves. */
  readonly replicasAddress: string;
  /** TCP port of every replica. */
  readonly port: number;
  /** `http://host:port` outside the platform; absent when nothing is published. */
  readonly url: pulumi.Output<string> | undefined;
  /**
   * How a debugger gets in: `host:port`, or where the platform opens no port of this machine, the command that does. Absent
   * when the spec asks for no `debug`.
   */
  readonly debugAddress?: string | undefined;
}

/** One-shot work; there once it has succeeded. */
export interface Job extends Handle<"job"> {
  /** Hash of all that decides whether the work runs again; give it to a later job's `inputs` to chain the two. */
  readonly fingerprint: pulumi.Output<string>;
}

/** Members that start and fail as one; there once all have started. */
export interface Gang extends Handle<"gang"> {
  /** Stable host name of each member, by index. */
  readonly members: readonly string[];
  /** Host name of member 0. */
  readonly leader: string;
}

/** Work on demand; there once it is declared. Nothing can come after it: nobody knows when it runs. */
export interface Task extends Handle<"task"> {
  /** What `npm run task` has to know to start it, as JSON without a secret; it is one of the stack's outputs, under `tasks`. */
  readonly launch: pulumi.Output<string>;
}

/** Anything that another workload can be started after. */
export type Workload = Service | Job | Gang;

/** Type guard for a zod schema: is this a handle of that kind? */
export function isHandle(...kinds: readonly string[]): (value: unknown) => boolean {
  return (value) => typeof value === "object" && value !== null && "kind" in value && kinds.includes(String(value.kind));
}
