import { createHash } from "node:crypto";

import * as w from "../workload/index.ts";
import type { AlertSettings } from "./alert-settings.ts";
import { pagesOf } from "./dashboards.ts";
import type { Observed } from "./observed.ts";
import { rulesFile, rulesOf } from "./rules.ts";
import { vmuiFiles } from "./vmui.ts";

/** What rules and dashboards of one stack follow from. */
interface Content {
  readonly parts: readonly Observed[];
  readonly settings: AlertSettings;
  /** Name of the stack, for commands. */
  readonly stack: string;
  /** Whether there is someone to notify. */
  readonly receivers: boolean;
}

/** Rules of alerts, as vmalert reads them, by the name of their file. A stack has a store of its own: nothing tells it from others. */
export function ruleFiles({ parts, settings, stack }: Content): Record<string, string> {
  const rules = rulesOf({ parts, settings, stack, deployment: deploymentOf(parts), host: true, own: true, scope: {} });
  return { "rules.yml": rulesFile(rules) };
}

/** Dashboards of VictoriaMetrics' page, by the name of their file. */
export function dashboardFiles({ parts, receivers }: Content): Record<string, string> {
  return vmuiFiles(pagesOf({ parts, scope: {}, host: true, own: { receivers } }));
}

/** Changes with everything that is declared of the parts: replicas, versions of models, times. */
export function deploymentOf(parts: readonly Observed[]): string {
  const isHandle = w.isHandle("service", "gang", "secret");
  const declared = JSON.stringify(parts, (_, value: unknown) => (isHandle(value) ? String(Reflect.get(Object(value), "name")) : value));
  return createHash("sha256").update(declared).digest("hex").slice(0, 12);
}
