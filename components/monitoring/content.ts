import type { Observed } from "./observed.ts";

/** Rules of alerts, as vmalert reads them, by the name of their file. */
export function ruleFiles(_parts: readonly Observed[]): Record<string, string> {
  const rules = [{ alert: "NumbersMissing", expr: "up == 0", for: "30s", labels: { severity: "warning" } }];
  return { "rules.yml": `${JSON.stringify({ groups: [{ name: "parts", rules }] }, null, 1)}\n` };
}

/** Dashboards of VictoriaMetrics' page, by the name of their file. */
export function dashboardFiles(_parts: readonly Observed[]): Record<string, string> {
  const panels = [{ title: "Parts whose numbers are read", expr: ["sum by (part) (up)"], alias: ["{{part}}"] }];
  return { "parts.json": `${JSON.stringify({ title: "Parts", rows: [{ panels }] }, null, 1)}\n` };
}
