import Docker from "dockerode";
import { stringify } from "yaml";

/** What each part waits for, as the components order it. */
const ORDER: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  loader: { build: "service_completed_successfully", redis: "service_healthy" },
  api: { loader: "service_completed_successfully" },
  gateway: { api: "service_healthy" },
};

/**
 * A Compose file of the containers that a stack runs: the same images, commands, variables, limits, health checks and
 * order. Replicas become services of their own, `api-0`, `api-1`, that share a network alias.
 *
 * @param config folder with the gateway's configuration, which Compose mounts from the host
 */
export async function composeFile(prefix: string, label: string, config: string): Promise<string> {
  const docker = new Docker();
  const running = await docker.listContainers({ all: true, filters: { label: [label] } });
  const services: Record<string, unknown> = {};
  for (const { Id } of running) {
    const container = await docker.getContainer(Id).inspect();
    const name = container.Name.slice(prefix.length + 2);
    if (!name.endsWith("-carrier")) services[name] = serviceOf(name, container, config);
  }
  const names = Object.keys(services);
  for (const [name, service] of Object.entries(services)) Object.assign(service as object, dependencies(name, names));
  return stringify({ services, networks: { default: {} }, volumes: { features: {}, redis: {} } });
}

function serviceOf(name: string, { Config, HostConfig, Mounts }: Docker.ContainerInspectInfo, config: string): object {
  const alias = name.replace(/-\d+$/, "");
  const { Healthcheck: health } = Config;
  const [[inside, [door] = []] = []] = Object.entries<{ HostIp?: string; HostPort?: string }[]>(HostConfig.PortBindings ?? {});
  return {
    image: Config.Image,
    hostname: Config.Hostname,
    networks: { default: { aliases: [alias] } },
    environment: Config.Env.map((variable) => variable.replaceAll("$", "$$$$")),
    ...(HostConfig.RestartPolicy?.Name === "no" ? { command: Config.Cmd, entrypoint: Config.Entrypoint } : {}),
    user: Config.User,
    read_only: true,
    init: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges"],
    mem_limit: HostConfig.Memory,
    memswap_limit: HostConfig.MemorySwap,
    cpus: (HostConfig.CpuQuota ?? 0) / (HostConfig.CpuPeriod ?? 1),
    ulimits: { nproc: 4096 },
    tmpfs: Object.entries(HostConfig.Tmpfs ?? {}).map(([path, options]) => `${path}:${options}`),
    volumes: Mounts.map(({ Name = "", Destination, RW }) =>
      Destination.startsWith("/etc/haproxy") ? `${config}:${Destination}:ro` : `${Name.split("-").at(-1)}:${Destination}${RW ? "" : ":ro"}`,
    ),
    restart: HostConfig.RestartPolicy?.Name ?? "no",
    ...(health === undefined ? {} : { healthcheck: healthOf(health) }),
    ...(inside === undefined ? {} : { ports: [`${door?.HostIp}:${door?.HostPort}:${inside.replace("/tcp", "")}`] }),
  };
}

function healthOf({ Test = [], Interval = 0, Timeout = 0, Retries = 0, StartPeriod = 0 }: Docker.HealthConfig): object {
  const seconds = (nanoseconds: number) => `${nanoseconds / 1e9}s`;
  const test = Test.map((word) => word.replaceAll("$", "$$$$"));
  return { test, interval: seconds(Interval), timeout: seconds(Timeout), retries: Retries, start_period: seconds(StartPeriod) };
}

function dependencies(name: string, names: readonly string[]): object {
  const wanted = Object.entries(ORDER[name.replace(/-\d+$/, "")] ?? {});
  const conditions = wanted.flatMap(([part, condition]) =>
    names.filter((other) => other.replace(/-\d+$/, "") === part).map((other) => [other, { condition }] as const),
  );
  return conditions.length === 0 ? {} : { depends_on: Object.fromEntries(conditions) };
}
