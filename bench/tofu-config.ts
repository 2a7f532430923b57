import type { ComposeHealth, ComposeService } from "./compose-file.ts";

const MIB = 1024 ** 2;
const PREFIX = "mlstack-bench-tofu";

/** The services of Compose as OpenTofu's resources: the same images, limits, health checks, order and waits. */
export function tofuConfig(parts: Readonly<Record<string, ComposeService>>): object {
  const volumes = new Set(Object.values(parts).flatMap((part) => part.volumes.flatMap((text) => volumeOf(text).name ?? [])));
  const named = (name: string) => ({ name: `${PREFIX}-${name}` });
  return {
    terraform: { required_providers: { docker: { source: "kreuzwerker/docker" } } },
    resource: {
      docker_network: { stack: named("network") },
      ...(volumes.size === 0 ? {} : { docker_volume: Object.fromEntries([...volumes].map((name) => [name, named(name)])) }),
      docker_container: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, containerOf(name, part)])),
    },
  };
}

function containerOf(name: string, part: ComposeService): object {
  const { command, entrypoint, healthcheck, ports = [], depends_on: after = {} } = part;
  return {
    name: `${PREFIX}-${name}`,
    image: part.image,
    hostname: part.hostname,
    networks_advanced: [{ name: reference("docker_network.stack.name"), aliases: part.networks.default.aliases }],
    env: part.environment.map((text) => ownWords(text.replaceAll("$$", "$"))),
    ...(command === undefined ? {} : { command }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    user: part.user,
    read_only: part.read_only,
    init: part.init,
    capabilities: [{ drop: part.cap_drop }],
    security_opts: part.security_opt,
    memory: part.mem_limit / MIB,
    memory_swap: part.memswap_limit / MIB,
    ...(part.mem_reservation === 0 ? {} : { memory_reservation: part.mem_reservation / MIB }),
    ...(part.cpu_shares === 0 ? {} : { cpu_shares: part.cpu_shares }),
    cpus: coresOf(part.cpus),
    ulimit: [{ name: "nproc", soft: part.ulimits.nproc, hard: part.ulimits.nproc }],
    tmpfs: Object.fromEntries(part.tmpfs.map((text) => [text.split(":")[0], text.split(":")[1] ?? ""])),
    volumes: part.volumes.map(mountOf),
    restart: part.restart,
    ports: ports.map(portOf),
    // A job has come to its end, and what has a health check is healthy, before what depends on it begins.
    ...(part.restart === "no" ? { attach: true, must_run: false } : { wait: healthcheck !== undefined, wait_timeout: 120 }),
    ...(healthcheck === undefined ? {} : { healthcheck: [healthOf(healthcheck)] }),
    depends_on: Object.keys(after).map((other) => `docker_container.${other}`),
  };
}

/** As the provider reads it back: "1" instead of "1.0" would make every plan replace the container. */
function coresOf(cpus: number): string {
  return Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus);
}

function reference(what: string): string {
  return `\${${what}}`;
}

/** A text in which nothing is a template. */
function ownWords(text: string): string {
  return text.replaceAll("${", "$${").replaceAll("%{", "%%{");
}

function healthOf({ test, ...times }: ComposeHealth): object {
  return { ...times, test: test.map((word) => ownWords(word.replaceAll("$$", "$"))) };
}

function volumeOf(text: string): { source: string; path: string; readOnly: boolean; name?: string } {
  const [source = "", path = "", mode] = text.split(":");
  return { source, path, readOnly: mode === "ro", ...(source.startsWith("/") ? {} : { name: source }) };
}

function mountOf(text: string): object {
  const { source, path, readOnly, name } = volumeOf(text);
  const from = name === undefined ? { host_path: source } : { volume_name: reference(`docker_volume.${name}.name`) };
  return { ...from, container_path: path, read_only: readOnly };
}

function portOf(text: string): object {
  const [ip, external, internal] = text.split(":");
  return { ip, external: Number(external), internal: Number(internal) };
}
