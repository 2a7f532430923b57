/** Kinds of workloads that a stack has. */
export type WorkloadKind = "service" | "gang" | "job" | "task";

/** One resource as a state on this machine has it. Secrets in it are encrypted. */
export interface StateResource {
  readonly type: string;
  readonly urn: string;
  readonly id?: string;
  readonly parent?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** A workload that a stack's state has. */
export interface StateWorkload {
  readonly kind: WorkloadKind;
  /** Its name in the program, e.g. `api`; no other workload of the stack has it. */
  readonly name: string;
  /** Types and names of all that it is a part of, the outermost first. */
  readonly within: readonly string[];
  readonly under: readonly string[];
  /** What it consists of on its target. */
  readonly resources: readonly StateResource[];
  /** Where the outside reaches it. */
  readonly url: string | undefined;
}

/** How a run of a container ended. */
export interface LastEnd {
  /** When, as an ISO time; undefined where the target forgets it. */
  readonly at: string | undefined;
  readonly exitCode: number | undefined;
  /** Whether the kernel ended it because it needed more memory than its limit. */
  readonly outOfMemory: boolean;
}

/** One container or pod of a workload, as it is now. */
export interface LiveReplica {
  /** Its name in the program's words, e.g. `api-1` or `trainer-2`. */
  readonly name: string;
  /** Its name on the target, e.g. `mlstack-dev-api-1`. */
  readonly object: string;
  /** Whether it does what it should: it is ready, has started, has succeeded. */
  readonly ready: boolean;
  /** Why not, as a sentence that begins with its name. */
  readonly why: string | undefined;
  readonly image: string | undefined;
  /** Port at which it answers `GET /metrics` if it does: that of its readiness check by HTTP, of a member that of METRICS_PORT. */
  readonly metricsPort: number | undefined;
  /** Times that it was started again by itself. */
  readonly restarts: number;
  /** When its present run began, as an ISO time; undefined where it does not run. */
  readonly since: string | undefined;
  readonly lastEnd: LastEnd | undefined;
}

/** A workload as it is now. */
export interface LiveWorkload extends Omit<StateWorkload, "resources"> {
  /** Whether it keeps its promise: all replicas are ready, all members have started, the work has succeeded. A task is only declared. */
  readonly kept: boolean;
  /** Why not, as a sentence. */
  readonly why: string | undefined;
  /** What else is not as the last deployment left it, one sentence each. */
  readonly remarks: readonly string[];
  readonly ready: number;
  readonly wanted: number;
  /** When its work succeeded, as an ISO time. */
  readonly doneAt: string | undefined;
  readonly replicas: readonly LiveReplica[];
}

/** Which lines of logs are asked for. */
export interface LogRequest {
  /** Whether to go on with new lines, restarts and new replicas, until `signal`. */
  readonly follow: boolean;
  /** Only lines since then, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only so many last lines of each replica. */
  readonly tail?: number | undefined;
  /** Only lines from before the last end. */
  readonly previous: boolean;
  readonly signal: AbortSignal;
  /** Gets each line, in the order of time; what is written later comes as it is written. */
  readonly line: (replica: string, text: string) => void;
}

/** What a command is run with inside of a replica. */
export interface ShellRequest {
  /** Program and arguments; none: a shell. */
  readonly command: readonly string[];
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly errors: NodeJS.WritableStream;
}

/** A port of this machine behind which a workload answers, until it is closed. */
export interface Forward {
  readonly port: number;
  close(): Promise<void>;
}

/** What those who run a deployed stack ask of its target. Each throws a RunError for what they can put right. */
export interface Operations {
  /** Every workload as it is now, in the order of the program. Nothing is changed. */
  look(): Promise<readonly LiveWorkload[]>;
  /** What a replica answers to `GET /metrics`; undefined where nobody does in time. */
  metrics(replica: LiveReplica): Promise<string | undefined>;
  /** Prints what workloads log. @param only replicas of these names; none: all */
  logs(workloads: readonly LiveWorkload[], only: readonly string[], request: LogRequest): Promise<void>;
  /** Runs a command inside of a replica; resolves to its exit code. */
  shell(workload: LiveWorkload, replica: LiveReplica, request: ShellRequest): Promise<number>;
  /** Starts the replicas of a service again one after another, each ready before the next; all members of a gang at once. */
  restart(workload: LiveWorkload, say: (line: string) => void): Promise<void>;
  /**
   * Opens a port of this machine that leads to a service; undefined where this target cannot.
   *
   * @param port of this machine, default the service's own; another where it is taken
   */
  forward(workload: LiveWorkload, port: number | undefined): Promise<Forward | undefined>;
}
