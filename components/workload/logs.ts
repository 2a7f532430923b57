import type { Service } from "./handles.ts";
import type { ServiceSpec } from "./service.ts";

/** Where what workloads write is sent. */
export interface LogsSpec {
  /** Takes lines by HTTP at its own port: events of Splunk's collector at `/services/collector/event/1.0`, and JSON lines at `/insert/jsonline`. */
  readonly into: Service;
  /** Program that reads and sends them, where the target does not do it itself. */
  readonly collector: Pick<ServiceSpec, "container" | "port" | "readiness">;
}
