import type Docker from "dockerode";

/** What exists on the engine when the program starts; read once, never written. */
export interface EngineView {
  /** All containers, running or not, by name. */
  readonly containers: ReadonlyMap<string, ContainerView>;
  /** More about the containers that the stack's state knows, by id; one that is gone is not there. */
  readonly details: ReadonlyMap<string, ContainerDetail>;
  readonly networks: readonly NetworkView[];
  readonly volumes: readonly VolumeView[];
  /** Config files of the stack by their volume's name, and by file; a volume that no container mounts is not there. */
  readonly files: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Names of the container runtimes, e.g. `runc`, `nvidia`. */
  readonly runtimes: readonly string[];
  /** NVIDIA's devices of the host, where their number is known. */
  readonly gpus?: number | undefined;
  /** Whether it runs as a user without the administrator's rights. */
  readonly rootless?: boolean;
}

export interface ContainerView {
  readonly id: string;
  readonly running: boolean;
  /** In which way it is no use while it is there, as the end of a sentence. */
  readonly trouble?: string | undefined;
  /** Exit code of a container that ended. */
  readonly exitCode: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** `address:port` pairs on the host. */
  readonly published: readonly string[];
  /** Ids of the networks that it is in. */
  readonly networks: readonly string[];
  /** Where it mounts volumes, by their names. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Whether it is this stack's; false until its owner is asked. */
  readonly ours: boolean;
}

/** A container's state and what can be changed by hand while it exists. Sizes are in bytes, 0 for none. */
export interface ContainerDetail {
  readonly name: string;
  readonly status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  /** Times that the engine has restarted it by itself. */
  readonly restarts: number;
  /** When it was made, and when its present run began. */
  readonly created: string;
  readonly started: string;
  readonly memory: number;
  readonly memoryReservation: number;
  readonly memorySwap: number;
  readonly cpuShares: number;
  readonly cpuQuota: number;
  readonly restart: { readonly name: string; readonly maximum: number };
  readonly limits: Limits;
  /** Its aliases by the networks that it is in. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
}

/** Limits that `docker update` sets besides those of memory and processors; 0 and an empty text for none. */
export interface Limits {
  /** In microseconds. */
  readonly cpuPeriod: number;
  /** e.g. `0-3`. */
  readonly cpus: string;
  readonly memoryNodes: string;
  readonly processes: number;
  readonly diskWeight: number;
  /** In microseconds of each period. */
  readonly realTime: number;
}

export interface NetworkView {
  readonly id: string;
  readonly name: string;
  readonly subnets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly ours: boolean;
}

export interface VolumeView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ours: boolean;
}

/** An engine without anything on it; what a test without a Docker engine starts from. */
export const EMPTY_ENGINE: EngineView = {
  containers: new Map(),
  details: new Map(),
  networks: [],
  volumes: [],
  files: new Map(),
  runtimes: ["runc"],
};

/** A container by its name. The engine sends null for empty labels and ports. */
export function containerView({
  Id,
  Names,
  Status,
  State,
  Labels,
  Ports,
  NetworkSettings,
  Mounts,
}: Docker.ContainerInfo): [string, ContainerView] {
  const exit = /^Exited \((\d+)\)/.exec(Status)?.[1];
  const view = {
    id: Id,
    running: State === "running" || State === "restarting",
    trouble: troubleIn(State, Status),
    exitCode: exit === undefined ? undefined : Number(exit),
    labels: Labels ?? {},
    published: (Ports ?? []).flatMap(({ IP, PublicPort }) => (PublicPort === undefined ? [] : [`${IP ?? "0.0.0.0"}:${PublicPort}`])),
    networks: networksIn(NetworkSettings),
    mounts: Object.fromEntries((Mounts ?? []).flatMap(({ Name, Destination }) => (Name === undefined ? [] : [[Name, Destination]]))),
    ours: false,
  };
  return [(Names[0] ?? Id).replace(/^\//, ""), view];
}

function troubleIn(state: string, status: string): string | undefined {
  if (state === "restarting") return "ends again and again";
  return status.endsWith("(unhealthy)") ? "does not pass its readiness check" : undefined;
}

/** Ids of the networks that a container is in. */
export function networksIn(settings: Docker.ContainerInfo["NetworkSettings"] | undefined): string[] {
  return Object.values(settings?.Networks ?? {}).map(({ NetworkID }) => NetworkID);
}

export function networkView({ Id, Name, IPAM, Labels }: Docker.NetworkInspectInfo): NetworkView {
  return { id: Id, name: Name, subnets: (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []), labels: Labels ?? {}, ours: false };
}

export function volumeView({ Name, Labels }: Docker.VolumeInspectInfo): VolumeView {
  return { name: Name, labels: Labels ?? {}, ours: false };
}

export function containerDetail({
  Name,
  Created,
  State,
  RestartCount,
  HostConfig,
  NetworkSettings,
}: Docker.ContainerInspectInfo): ContainerDetail {
  return {
    name: Name.replace(/^\//, ""),
    status: State.Status as ContainerDetail["status"],
    exitCode: State.ExitCode,
    isOutOfMemory: State.OOMKilled,
    restarts: RestartCount,
    created: Created,
    started: State.StartedAt,
    memory: HostConfig.Memory ?? 0,
    memoryReservation: HostConfig.MemoryReservation ?? 0,
    memorySwap: HostConfig.MemorySwap ?? 0,
    cpuShares: HostConfig.CpuShares ?? 0,
    cpuQuota: HostConfig.CpuQuota ?? 0,
    restart: { name: HostConfig.RestartPolicy?.Name ?? "", maximum: HostConfig.RestartPolicy?.MaximumRetryCount ?? 0 },
    limits: limitsIn(HostConfig),
    networks: Object.fromEntries(Object.entries(NetworkSettings.Networks).map(([name, { Aliases }]) => [name, Aliases ?? []])),
  };
}

function limitsIn(config: Docker.ContainerInspectInfo["HostConfig"]): Limits {
  return {
    cpuPeriod: config.CpuPeriod ?? 0,
    cpus: config.CpusetCpus ?? "",
    memoryNodes: config.CpusetMems ?? "",
    // The engine shows none as nothing, 0 or -1.
    processes: Math.max(0, config.PidsLimit ?? 0),
    diskWeight: config.BlkioWeight ?? 0,
    realTime: config.CpuRealtimeRuntime ?? 0,
  };
}
