import { alertSettings } from "../../components/monitoring/alert-settings.ts";
import type { Shown } from "../../components/monitoring/dashboards.ts";
import type { Observed } from "../../components/monitoring/observed.ts";
import type { Watched } from "../../components/monitoring/rule.ts";
import type { Gang } from "../../components/workload/index.ts";
import { aSecret, aService } from "./specs.ts";

/** A stack with a part of every kind, and of those that differ in what is declared of them several. */
export const PARTS: readonly Observed[] = [
  {
    kind: "server",
    target: aService("api"),
    replicas: 2,
    model: { name: "fraud", version: "4" },
    golden: true,
    features: ["redis", "parquet"],
  },
  { kind: "server", target: aService("solo"), replicas: 1, golden: false, features: [] },
  { kind: "gateway", target: aService("gateway", 8080), statusPort: 8405, behind: "api", replicas: 2, tls: true },
  { kind: "gateway", target: aService("edge", 8080), statusPort: 8405, behind: "elsewhere", replicas: 2, tls: false },
  { kind: "step", target: aService("stream"), staleAfter: 60 },
  { kind: "ranks", target: aGang("trainer", 4), metricsPort: 9400, nodes: 4, processesPerNode: 1 },
  { kind: "redis", target: aService("redis", 6379), secret: aSecret("redis") },
  { kind: "postgres", target: aService("database", 5432) },
  { kind: "answers", target: aService("mlflow", 5000), path: "/health" },
];

export function aGang(name: string, members: number): Gang {
  return {
    kind: "gang",
    name,
    resource: aService(name).resource,
    leader: `${name}-0`,
    members: Array.from({ length: members }, (_, at) => `${name}-${at}`),
  };
}

/** What is watched of such a stack, on a host whose numbers are read. */
export function watched(changes: Partial<Watched> = {}): Watched {
  return {
    parts: PARTS,
    settings: alertSettings.parse({ featureAge: { api: "26h" }, stuckAfter: "5m", checkpointAge: "5m" }),
    stack: "prod",
    deployment: "3f2a",
    host: true,
    own: true,
    scope: {},
    ...changes,
  };
}

/** What is shown of such a stack. */
export function shown(changes: Partial<Shown> = {}): Shown {
  return { parts: PARTS, scope: {}, host: true, own: { receivers: true }, ...changes };
}
