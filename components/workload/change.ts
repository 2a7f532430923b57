/** What a resource says of itself, in the engine's names. Secrets in it are masked. */
export type Inputs = Readonly<Record<string, unknown>>;

/** A resource of a provider, as a deployment declares it or a state has it. */
export interface Declared {
  /** Types of all that it is a child of, the outermost first, without its own. */
  readonly within: readonly string[];
  /** Names of the same, in the same order. */
  readonly under: readonly string[];
  readonly type: string;
  readonly name: string;
  readonly inputs: Inputs;
  /** Whether it stays on the engine when it leaves the stack. */
  readonly retained: boolean;
}

/** What an engine does with one resource. */
export type Step = "same" | "create" | "update" | "replace" | "delete";

/** One resource before and after a change. */
export interface ResourceChange {
  readonly step: Step;
  readonly before: Declared | undefined;
  readonly after: Declared | undefined;
  /** Inputs that differ, by their paths: `memory`, `envs[1]`, `spec.template.spec.containers[0].image`. */
  readonly changed: readonly string[];
}

/**
 * What becomes of something: it is `made`, `replaced` (it ends before the new one is ready), replaced `one after another`
 * (some at a time, while others of its kind serve), changed `in place`, done or started `again`, `removed`, `stays behind` (leaves the stack
 * and stays where it is), or `nothing` happens to what runs.
 */
export type Effect = "made" | "replaced" | "one after another" | "in place" | "again" | "removed" | "stays behind" | "nothing";

/** What a noun of the language is, or what else belongs to a stack. */
export type PartNoun =
  | "service"
  | "job"
  | "gang"
  | "task"
  | "volume"
  | "secret"
  | "config files"
  | "network"
  | "namespace"
  | "image"
  | "rule"
  | "address";

/** A way in from outside the platform. */
export interface Opening {
  /** As a sentence names it: `port 8000 of this machine`. */
  readonly text: string;
  /** How many can use it: those on the machine, in its network, or everybody. */
  readonly reach: "machine" | "network" | "world";
}

/** What one resource is to those who run models. */
export interface Part {
  readonly noun: PartNoun;
  /** The noun's name in the program. */
  readonly name: string;
  /** How many of it this resource stands for: containers, pods. */
  readonly count: number;
  readonly image: string | undefined;
  /** Limits of each: thousandths of a processor, and bytes; 0 for none. */
  readonly cpu: number;
  readonly memory: number;
  readonly gpus: number;
  /** Rights beyond those of every workload, as sentences name them: `reads /src of the host`. */
  readonly rights: readonly string[];
  readonly openings: readonly Opening[];
}

/** What an adapter knows of changes: the report asks it, and it decides by the same rules itself. */
export interface Changes {
  /** What a resource is; undefined for what no user would ask about; "unknown" for what this adapter never makes. */
  partOf(resource: Declared): Part | undefined | "unknown";
  /** What becomes of what the resource stands for. @param all of the deployment, since one may take others along */
  effectOf(change: ResourceChange, all: readonly ResourceChange[]): Effect;
  /** The changes with what the engine would do, and with those that they take along. For where no engine is asked. */
  settled(all: readonly ResourceChange[]): readonly ResourceChange[];
  /** The inputs without what only deployments compare with each other, and no rendering can know. */
  comparable(resource: Declared): Inputs;
  /** Name of the variable or key whose secret value an input holds; undefined for any other input. */
  secretAt(resource: Declared, path: string): string | undefined;
  /** Whether a resource has a secret value of this name; true where nobody can say. */
  hasSecret(resource: Declared, name: string): boolean;
}

/** Stands for a secret value; before it may be the name of its variable, as `NAME=(secret)`. */
export const SECRET_VALUE = "(secret)";
