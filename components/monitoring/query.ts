import * as w from "../workload/index.ts";
import type { Observed } from "./observed.ts";

/** Further labels by which the series of this stack are found where those of others are stored too; none in its own store. */
export type Scope = Readonly<Record<string, string>>;

/** A metric of one part: `mlstack_ready{part="api"}`. @param further conditions on labels, as PromQL has them */
export function of({ target }: Observed, metric: string, scope: Scope, ...further: readonly string[]): string {
  return alone(metric, { ...scope, part: target.name }, ...further);
}

/** A metric that only one program of a stack has, such as those of its host. */
export function alone(metric: string, scope: Scope, ...further: readonly string[]): string {
  const labels = [...Object.entries(scope).map(([label, value]) => `${label}=${JSON.stringify(value)}`), ...further];
  return labels.length === 0 ? metric : `${metric}{${labels.join(",")}}`;
}

/** What is 1 while a part answers: whether its numbers could be read, or what an exporter says that has asked it. */
export function answering(part: Observed, scope: Scope): string {
  switch (part.kind) {
    case "redis":
      return of(part, "redis_up", scope);
    case "postgres":
    case "answers":
      return of(part, "probe_success", scope);
    case "gateway":
      // Its certificate is looked at by a probe, whose own `up` has the part's name too.
      return of(part, "up", scope, 'job!~"probe|.*-tls"');
    default:
      return of(part, "up", scope);
  }
}

/** How many replicas or processes of a part answer: 0 also where no series of it is left. */
export function answeringNow(part: Observed, scope: Scope): string {
  return `(count(${answering(part, scope)} == 1) or vector(0))`;
}

/** When each replica of a part was started, in seconds since 1970. */
export function startOf(part: Observed, scope: Scope): string {
  return of(part, "mlstack_started_timestamp_seconds", scope);
}

/**
 * How often each replica of a part was started again within ten minutes. Its start only grows: what falls is its negative, and that
 * VictoriaMetrics and Prometheus count alike. `changes` is not: the former counts the first start too.
 */
export function restartsOf(part: Observed, scope: Scope): string {
  return `resets((-${startOf(part, scope)})[10m:5s])`;
}

/**
 * Percent that are free of each disk of the host, as `df` counts: of what programs may use. What is kept back for the system is no
 * part of it, on some machines more than half of the disk.
 */
export function freeOfDisks(scope: Scope): string {
  const disks = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|nsfs|devtmpfs|fuse.*"';
  const bytes = (which: string) => alone(`node_filesystem_${which}_bytes`, scope, disks);
  return `min by (device) (100 * ${bytes("avail")} / ((${bytes("avail")} + ${bytes("size")} - ${bytes("free")}) > 0))`;
}

/** How many should answer. */
export function declaredOf(part: Observed): number {
  if (part.kind === "server") return part.replicas;
  return part.kind === "ranks" ? part.nodes * part.processesPerNode : 1;
}

/** A time of the settings in whole seconds, as PromQL compares with it. */
export function seconds(duration: w.Duration): number {
  return Math.ceil(w.toMilliseconds(duration) / 1000);
}

/** A time of the settings as PromQL writes it. */
export function promTime(duration: w.Duration): string {
  return `${seconds(duration)}s`;
}

/** The declarations that a graph marks and that alerts compare with. */
export const DECLARED = {
  deployment: "mlstack_deployment_info",
  replicas: "mlstack_declared_replicas",
  model: "mlstack_declared_model_info",
} as const;
