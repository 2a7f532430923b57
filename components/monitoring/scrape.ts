import * as w from "../workload/index.ts";
import type { Observed } from "./observed.ts";

/** Port of the program that collects and answers queries. */
export const METRICS_PORT = 8428;

/** What looks at parts that have no numbers of their own. */
export interface Exporters {
  /** Asks by HTTP, TCP or TLS. */
  readonly probe: w.Service | undefined;
  /** Those of each Redis, by the name of its part. */
  readonly redis: ReadonlyMap<string, w.Service>;
  /** Further services with metrics at their own port: monitoring itself, and the host. */
  readonly own: readonly w.Service[];
}

/** Modules of the probe, as `workloads/monitoring/probe.yml` has them. */
type Module = "http" | "tcp" | "tls";

interface Relabel {
  readonly source_labels?: readonly string[];
  readonly target_label: string;
  readonly replacement?: string;
}

/** One job of the configuration, as Prometheus' format has it. */
interface Job {
  readonly job_name: string;
  readonly metrics_path?: string;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly type: "A"; readonly port: number }[];
  readonly static_configs?: readonly { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }[];
  readonly relabel_configs: readonly Relabel[];
}

/**
 * The file by which numbers are collected, the same on every target. Each series has the labels `part`, the name of what was declared, and
 * `instance`: the name of a part of one replica and of a member, of several replicas `address:port`, which is all that is known of them. A
 * service's replicas are found by its name again and again.
 *
 * `up` says whether the numbers of a part could be read. Of a part without any, `probe_success` says whether it answers, of a Redis
 * `redis_up`; `up` is then that of the program which asks.
 */
export function scrapeConfig(parts: readonly Observed[], exporters: Exporters, { name, interval }: Collector): string {
  const own = [...exporters.own.map((service) => ofService(service, service.port, true)), itself(name)];
  const jobs = [...parts.flatMap((part) => jobsOf(part, exporters)), ...own];
  const every = `${w.toMilliseconds(interval)}ms`;
  // An answer that takes longer than this is none: the next look begins.
  const global = { scrape_interval: every, scrape_timeout: every };
  return `${JSON.stringify({ global, scrape_configs: jobs }, null, 1)}\n`;
}

/** What collects. */
interface Collector {
  readonly name: string;
  readonly interval: w.Duration;
}

function itself(name: string): Job {
  const target = { targets: [`127.0.0.1:${METRICS_PORT}`], labels: { part: name, instance: name } };
  return { job_name: name, static_configs: [target], relabel_configs: [] };
}

function jobsOf(part: Observed, exporters: Exporters): Job[] {
  const { target } = part;
  switch (part.kind) {
    case "server":
      return [ofService(part.target, part.target.port, part.replicas === 1)];
    case "step":
      return [ofService(part.target, part.target.port, true)];
    case "gateway":
      return [
        // Places for replicas that do not exist are in maintenance: dozens of numbers each.
        { ...ofService(part.target, part.statusPort, true), params: { "no-maint": ["1"] } },
        ...(part.tls ? probed(part.target, "tls", exporters) : []),
      ];
    case "ranks":
      return [ofMembers(part)];
    case "redis": {
      const exporter = exporters.redis.get(target.name);
      return exporter === undefined ? [] : [{ ...ofService(exporter, exporter.port, true, target.name) }];
    }
    case "postgres":
      return probed(part.target, "tcp", exporters);
    case "answers":
      return probed(part.target, part.path === undefined ? "tcp" : "http", exporters, part.path);
    default:
      return w.unreachable(part);
  }
}

/** The replicas of a service, at a port of theirs. @param alone whether there is only one, so that the part's name is its own */
function ofService({ name, replicasAddress }: w.Service, port: number, alone: boolean, part = name): Job {
  return {
    job_name: part,
    dns_sd_configs: [{ names: [replicasAddress], type: "A", port }],
    relabel_configs: [{ target_label: "part", replacement: part }, ...(alone ? [{ target_label: "instance", replacement: part }] : [])],
  };
}

/** Members have stable names; each process of one has a port of its own. */
function ofMembers({ target, metricsPort, processesPerNode }: Extract<Observed, { kind: "ranks" }>): Job {
  const processes = Array.from({ length: processesPerNode }, (_, index) => metricsPort + index);
  const instanceOf = (member: string, port: number) => `${member.split(".")[0]}${processesPerNode === 1 ? "" : `:${port}`}`;
  return {
    job_name: target.name,
    static_configs: target.members.flatMap((member) =>
      processes.map((port) => ({ targets: [`${member}:${port}`], labels: { part: target.name, instance: instanceOf(member, port) } })),
    ),
    relabel_configs: [],
  };
}

/** What a probe finds at the replicas of a service, one after the other. */
function probed(service: w.Service, module: Module, { probe }: Exporters, path = ""): Job[] {
  if (probe === undefined) return [];
  const { name, replicasAddress, port } = service;
  return [
    {
      // No workload has a name with a colon.
      job_name: module === "tls" ? `${probe.name}:${name}-tls` : name,
      metrics_path: "/probe",
      params: { module: [module] },
      dns_sd_configs: [{ names: [replicasAddress], type: "A", port }],
      relabel_configs: [
        { source_labels: ["__address__"], target_label: "__param_target", replacement: `${module === "http" ? "http://" : ""}$1${path}` },
        { target_label: "part", replacement: name },
        { target_label: "instance", replacement: name },
        { target_label: "__address__", replacement: `${probe.address}:${probe.port}` },
      ],
    },
  ];
}

/** The flows that the collection needs: to the parts with metrics of their own, and to what looks at the others. */
export function scrapeCalls(parts: readonly Observed[], { probe, redis, own }: Exporters): NonNullable<w.ContainerSpec["calls"]> {
  const direct = parts.flatMap((part): NonNullable<w.ContainerSpec["calls"]> => {
    if (part.kind === "server" || part.kind === "step") return [part.target];
    if (part.kind === "gateway") return [{ to: part.target, port: part.statusPort }];
    if (part.kind !== "ranks") return [];
    return Array.from({ length: part.processesPerNode }, (_, index) => ({ to: part.target, port: part.metricsPort + index }));
  });
  return [...direct, ...(probe === undefined ? [] : [probe]), ...redis.values(), ...own];
}

/** The services that the probe asks. */
export function probedOf(parts: readonly Observed[]): w.Service[] {
  return parts.flatMap((part) =>
    part.kind === "answers" || part.kind === "postgres" || (part.kind === "gateway" && part.tls) ? [part.target] : [],
  );
}
