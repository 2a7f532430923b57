import Docker from "dockerode";
import { stringify } from "yaml";

/** What each part waits for: other parts, and the condition in Compose's words. */
export type Order = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The containers of a stack that exist now. */
export interface ExistingStack {
  /** What their names begin with. */
  readonly prefix: string;
  /** The stack's label. */
  readonly label: string;
  readonly order: Order;
  /** Folder with the gateway's configuration, which Compose mounts from the host; a stack without a gateway has none. */
  readonly config?: string | undefined;
}

/** A service of Compose, in its own words. */
export interface ComposeService {
  readonly image: string;
  readonly hostname: string;
  readonly networks: { readonly default: { readonly aliases: readonly string[] } };
  readonly environment: readonly string[];
  /** With the entry point, which Compose would otherwise take from the image; neither where the image says both. */
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly user: string;
  readonly mem_limit: number;
  readonly memswap_limit: number;
  readonly mem_reservation: number;
  readonly cpu_shares: number;
  readonly cpus: number;
  readonly ulimits: { readonly nproc: number };
  /** `path:options` each. */
  readonly tmpfs: readonly string[];
  /** `source:path` or `source:path:ro` each. */
  readonly volumes: readonly string[];
  readonly restart: string;
  readonly healthcheck?: ComposeHealth;
  /** `address:port:port inside` each. */
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  /** What is the same for every service. */
  readonly read_only: true;
  readonly init: true;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
}

/** When a service is healthy; times as in `2s`. */
export interface ComposeHealth {
  readonly test: readonly string[];
  readonly interval: string;
  readonly timeout: string;
  readonly retries: number;
  readonly start_period: string;
}

/**
 * The containers that a stack runs as Compose's services: the same images, commands, variables, limits, health checks and
 * order. Replicas become services of their own, `api-0`, `api-1`, that share a network alias.
 */
export async function services({ prefix, label, order, config }: ExistingStack): Promise<Record<string, ComposeService>> {
  const docker = new Docker();
  const running = await docker.listContainers({ all: true, filters: { label: [label] } });
  const found: Record<string, ComposeService> = {};
  for (const { Id } of running) {
    const container = await docker.getContainer(Id).inspect();
    const name = container.Name.slice(prefix.length + 2);
    if (!name.endsWith("-carrier")) found[name] = serviceOf(name, container, { prefix, config });
  }
  const names = Object.keys(found);
  return Object.fromEntries(Object.entries(found).map(([name, part]) => [name, { ...part, ...dependencies(order, name, names) }]));
}

/** The file in which Compose reads them, with the volumes that they mount. */
export function composeFile(parts: Readonly<Record<string, ComposeService>>): string {
  const mounted = Object.values(parts).flatMap(({ volumes }) => volumes.map((volume) => volume.split(":")[0] ?? ""));
  const named = mounted.filter((source) => !source.startsWith("/"));
  return stringify({ services: parts, networks: { default: {} }, volumes: Object.fromEntries(named.map((name) => [name, {}])) });
}

function serviceOf(
  name: string,
  { Config, HostConfig, Mounts }: Docker.ContainerInspectInfo,
  { prefix, config }: Pick<ExistingStack, "prefix" | "config">,
): ComposeService {
  const alias = name.replace(/-\d+$/, "");
  const { Healthcheck: health } = Config;
  const [[inside, [publication] = []] = []] = Object.entries<{ HostIp?: string; HostPort?: string }[]>(HostConfig.PortBindings ?? {});
  return {
    image: Config.Image,
    hostname: Config.Hostname,
    networks: { default: { aliases: [alias] } },
    environment: Config.Env.map((variable) => variable.replaceAll("$", "$$$$")),
    command: Config.Cmd ?? [],
    entrypoint: [Config.Entrypoint ?? []].flat(),
    user: Config.User,
    read_only: true,
    init: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges"],
    mem_limit: HostConfig.Memory ?? 0,
    memswap_limit: HostConfig.MemorySwap ?? 0,
    mem_reservation: HostConfig.MemoryReservation ?? 0,
    cpu_shares: HostConfig.CpuShares ?? 0,
    cpus: (HostConfig.CpuQuota ?? 0) / (HostConfig.CpuPeriod ?? 1),
    ulimits: { nproc: 4096 },
    tmpfs: Object.entries(HostConfig.Tmpfs ?? {}).map(([path, options]) => `${path}:${options}`),
    volumes: Mounts.map(({ Name = "", Destination, RW }) =>
      Destination.startsWith("/etc/haproxy")
        ? `${config}:${Destination}:ro`
        : `${Name.slice(prefix.length + 1)}:${Destination}${RW ? "" : ":ro"}`,
    ),
    restart: HostConfig.RestartPolicy?.Name ?? "no",
    ...(health === undefined ? {} : { healthcheck: healthOf(health) }),
    ...(inside === undefined ? {} : { ports: [`${publication?.HostIp}:${publication?.HostPort}:${inside.replace("/tcp", "")}`] }),
  };
}

/**
 * Nanoseconds. Compose goes on when the engine has seen a service healthy: with the components' 5 s it would wait for the check, so each is
 * checked as often as the fastest of them says for its start.
 */
const CHECK_EVERY = 1e9;

function healthOf({ Test = [], Interval = 0, Timeout = 0, Retries = 0, StartPeriod = 0 }: Docker.HealthConfig): ComposeHealth {
  const seconds = (nanoseconds: number) => `${nanoseconds / 1e9}s`;
  const test = Test.map((word) => word.replaceAll("$", "$$$$"));
  return {
    test,
    interval: seconds(Math.min(Interval, CHECK_EVERY)),
    timeout: seconds(Timeout),
    retries: Retries,
    start_period: seconds(StartPeriod),
  };
}

function dependencies(order: Order, name: string, names: readonly string[]): Pick<ComposeService, "depends_on"> {
  const wanted = Object.entries(order[name.replace(/-\d+$/, "")] ?? {});
  const conditions = wanted.flatMap(([part, condition]) =>
    names.filter((other) => other.replace(/-\d+$/, "") === part).map((other) => [other, { condition }] as const),
  );
  return conditions.length === 0 ? {} : { depends_on: Object.fromEntries(conditions) };
}
