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

/** A service of Compose; only what is read here has a type. */
export interface ComposeService {
  readonly image: string;
  readonly volumes: readonly string[];
  readonly [key: string]: unknown;
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
  for (const [name, service] of Object.entries(found)) Object.assign(service, dependencies(order, name, names));
  return found;
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
    command: Config.Cmd,
    entrypoint: Config.Entrypoint,
    user: Config.User,
    read_only: true,
    init: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges"],
    mem_limit: HostConfig.Memory,
    memswap_limit: HostConfig.MemorySwap,
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

function healthOf({ Test = [], Interval = 0, Timeout = 0, Retries = 0, StartPeriod = 0 }: Docker.HealthConfig): object {
  const seconds = (nanoseconds: number) => `${nanoseconds / 1e9}s`;
  const test = Test.map((word) => word.replaceAll("$", "$$$$"));
  return { test, interval: seconds(Interval), timeout: seconds(Timeout), retries: Retries, start_period: seconds(StartPeriod) };
}

function dependencies(order: Order, name: string, names: readonly string[]): object {
  const wanted = Object.entries(order[name.replace(/-\d+$/, "")] ?? {});
  const conditions = wanted.flatMap(([part, condition]) =>
    names.filter((other) => other.replace(/-\d+$/, "") === part).map((other) => [other, { condition }] as const),
  );
  return conditions.length === 0 ? {} : { depends_on: Object.fromEntries(conditions) };
}
