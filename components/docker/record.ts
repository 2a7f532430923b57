import { z } from "zod";

import { leafOf, type Place, placeText, type Recorded } from "../workload/adapter/index.ts";

/** Types of the provider's resources, as the state names them. */
export const TYPES = {
  container: "docker:index/container:Container",
  network: "docker:index/network:Network",
  volume: "docker:index/volume:Volume",
} as const;

/** Name of the resource that holds the stack's id; it is identity and never changes. */
export const OWNER = "owner";

/** What the stack's state says that it has on the engine. */
export interface StackRecord {
  /** The id that it has given to all that it made; undefined before the first deployment, and after one by an earlier release. */
  readonly owner: string | undefined;
  readonly containers: readonly ContainerRecord[];
  readonly networks: readonly (z.output<typeof network> & Placed)[];
  readonly volumes: readonly (z.output<typeof volume> & Placed)[];
  /** Places of the nouns that have a container, a volume or a network. */
  readonly nouns: readonly Place[];
  /** Jobs that have been run to their end. */
  readonly jobs: readonly (z.output<typeof job> & Placed)[];
  readonly secrets: readonly (z.output<typeof secret> & Placed)[];
}

/** A container as the last deployment left it. Sizes are in the provider's units: mebibytes, 0 for none. */
export type ContainerRecord = z.output<typeof container> & Placed;

interface Placed {
  readonly place: Place;
}

/** The record of a stack without any deployment. */
export const EMPTY_RECORD: StackRecord = { owner: undefined, containers: [], networks: [], volumes: [], nouns: [], jobs: [], secrets: [] };

const labels = z
  .array(z.object({ label: z.string(), value: z.string() }))
  .catch([])
  .transform((list): Readonly<Record<string, string>> => Object.fromEntries(list.map(({ label, value }) => [label, value])));
const number = z.number().catch(0);
const words = z.array(z.string()).nullish().catch([]);

/** Hash of what decided that a job ran last. */
const job = z.object({ fingerprint: z.string() });
/** Values of a secret by key, and what stands for each. */
const secret = z.object({ values: z.record(z.string(), z.string()), ids: z.record(z.string(), z.string()) });
const network = z.object({ id: z.string(), name: z.string(), labels });
const volume = z.object({ name: z.string(), labels });
const container = z.object({
  id: z.string(),
  name: z.string(),
  labels,
  /** Of work that the provider waited for. */
  exitCode: z.number().nullish().catch(undefined),
  memory: number,
  memoryReservation: number,
  memorySwap: number,
  cpuShares: number,
  cpuQuota: number,
  cpuPeriod: number,
  cpuSet: z.string().catch(""),
  restart: z.string().catch("no"),
  maxRetryCount: number,
  networksAdvanced: z.array(z.object({ name: z.string(), aliases: z.array(z.string()).catch([]) })).catch([]),
  destroyGraceSeconds: number,
  stopTimeout: number,
  user: z.string().nullish().catch(undefined),
  gpus: z.string().nullish().catch(undefined),
  logDriver: z.string().nullish().catch(undefined),
  logOpts: z.record(z.string(), z.string()).nullish().catch(undefined),
  dns: z.array(z.string()).nullish().catch(undefined),
  tmpfs: z.record(z.string(), z.string()).catch({}),
  ulimits: z.array(z.object({ name: z.string(), soft: z.number(), hard: z.number() })).catch([]),
  image: z.string().catch(""),
  entrypoints: words,
  command: words,
  /** Undefined where some of them are secret, and the reader may not see them. */
  envs: z.array(z.string()).optional().catch(undefined),
  mounts: z
    .array(
      z.object({ type: z.string().catch(""), source: z.string().catch(""), target: z.string().catch(""), readOnly: z.boolean().nullish() }),
    )
    .catch([]),
  ports: z.array(z.object({ internal: z.number(), external: z.number(), ip: z.string().nullish() })).catch([]),
  capabilities: z.object({ adds: words, drops: words }).nullish().catch(undefined),
  securityOpts: words,
  privileged: z.boolean().catch(false),
  readOnly: z.boolean().catch(false),
  /** Files that were carried into it. */
  uploads: z.array(z.object({ file: z.string(), content: z.string() })).catch([]),
});

/** Of all that a state has, what is on the engine. */
export function recordIn(state: readonly Recorded[]): StackRecord {
  const all = <S extends z.ZodType<object>>(type: string, schema: S) =>
    state.flatMap(({ place, outputs }) => {
      const parsed = place.types.at(-1) === type ? schema.safeParse(outputs) : undefined;
      return parsed?.success === true ? [{ ...parsed.data, place }] : [];
    });
  const owner = state.find(
    ({ place }) => place.types.at(-1) === "pulumi:index:Stash" && place.types.includes(PLATFORM) && place.name === OWNER,
  );
  const id = owner?.outputs["output"];
  return {
    owner: typeof id === "string" ? id : undefined,
    containers: all(TYPES.container, container),
    networks: all(TYPES.network, network),
    volumes: all(TYPES.volume, volume),
    nouns: state.flatMap(({ place }) => (KEEPERS.includes(place.types.at(-1) ?? "") ? [place] : [])),
    jobs: all(JOB, job),
    secrets: all(SECRET, secret),
  };
}

/** Volumes of config files. */
export function fileVolumesOf({ volumes }: Pick<StackRecord, "volumes">): StackRecord["volumes"] {
  return volumes.filter(({ place }) => place.types.at(-2) === CONFIG_FILES);
}

/** The places of the nouns whose own ends with this type and name. */
export function placesOf({ nouns }: Pick<StackRecord, "nouns">, leaf: string): string[] {
  return nouns.map(placeText).filter((place) => leafOf(place) === leaf);
}

/** Type of the platform's own component. */
export const PLATFORM = "mlstack:docker:Platform";
/** Type of a job's own component. */
const JOB = "mlstack:docker:Job";
/** Type of a secret's own component. */
const SECRET = "mlstack:docker:Secret";
/** Type of config files' own component. */
const CONFIG_FILES = "mlstack:docker:ConfigFiles";
/** Types of the components that something on the engine belongs to. */
const KEEPERS: readonly string[] = [
  PLATFORM,
  JOB,
  CONFIG_FILES,
  ...["Gang", "Service", "Task", "Volume"].map((noun) => `mlstack:docker:${noun}`),
];
