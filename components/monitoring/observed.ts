import type * as w from "../workload/index.ts";

/** What monitoring reads of one part of a stack, and what was declared of it, with which it compares what it reads. */
export type Observed = ServerPart | GatewayPart | StepPart | RanksPart | RedisPart | PostgresPart | AnsweringPart;

interface Part<Kind extends string, Target = w.Service> {
  readonly kind: Kind;
  /** What is looked at: its name is the part's in every query, page and message. */
  readonly target: Target;
}

/** Replicas that answer requests, with the numbers of docs/metrics.md at `GET /metrics` of their own port. */
export interface ServerPart extends Part<"server"> {
  /** How many were declared. */
  readonly replicas: number;
  /** The registered version that every replica was given; undefined where the image brings its models. */
  readonly model?: { readonly name: string; readonly version: string } | undefined;
  /** Whether it asks its models a golden request. */
  readonly golden: boolean;
  /** Stores in which it looks features up, in order: the first is the usual one, the others are its fallbacks. */
  readonly features: readonly string[];
}

/** A gateway, with HAProxy's numbers at its status port. */
export interface GatewayPart extends Part<"gateway"> {
  readonly statusPort: number;
  /** The part behind it. */
  readonly behind: string;
  /** How many replicas it was declared to have behind it. */
  readonly replicas: number;
  /** Whether it serves TLS, so that its certificate ends some day. */
  readonly tls: boolean;
}

/** A step of a pipeline that runs again and again. */
export interface StepPart extends Part<"step"> {
  /** Seconds within which it does what it should, or is late. */
  readonly staleAfter: number;
}

/** Ranks that train together, each with its numbers at `metricsPort` while it trains. */
export interface RanksPart extends Part<"ranks", w.Gang> {
  readonly metricsPort: number;
  readonly nodes: number;
  readonly processesPerNode: number;
}

/** A Redis, which has no `/metrics`; its password is the key `password` of the secret. */
export interface RedisPart extends Part<"redis"> {
  readonly secret: w.Secret;
}

/** A PostgreSQL server, which has no `/metrics`: whether it accepts connections is asked. */
export interface PostgresPart extends Part<"postgres"> {}

/** A server without numbers of its own: whether it answers is asked, at `path` by HTTP, else whether it accepts connections. */
export interface AnsweringPart extends Part<"answers"> {
  readonly path?: string | undefined;
}
