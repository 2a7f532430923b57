import { z } from "zod";

import { EMPTY_WHILE } from "../../components/monitoring/page.ts";
import { metricOf, selectorsIn } from "../monitoring/metrics.ts";
import { until } from "./stack.ts";

const dashboards = z.object({
  dashboardsSettings: z.array(
    z.object({
      title: z.string(),
      rows: z.array(
        z.object({
          title: z.string(),
          panels: z.array(z.object({ title: z.string(), description: z.string().default(""), expr: z.array(z.string()) })),
        }),
      ),
    }),
  ),
});
const rules = z.object({
  data: z.object({ groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), query: z.string() })) })) }),
});
const answer = z.object({ data: z.object({ result: z.array(z.unknown()) }) });

/** Series that a stack rightly lacks: those of parts that not every one has, and numbers that exist once there is something to say. */
const MAY_LACK = new Set([
  "mlstack_feature_shift",
  "alertmanager_notifications_failed_total",
  "mlstack_step_lag_rows",
  "mlstack_feature_age_seconds",
  "mlstack_training_checkpoint_timestamp_seconds",
]);

/** Of a step it is not known whether it asks a model. */
const STEP_MAY_LACK = new Set([...MAY_LACK, "mlstack_golden_request_ok"]);

/**
 * The expressions of a running stack that nothing answers: of every panel of its pages, and of every rule the series that it reads, each with
 * where it stands. A panel that says when it is empty may be.
 *
 * @param metrics address of the store of metrics · @param alerts address of what evaluates the rules
 * @param span in which a panel must have had an answer, e.g. `10m`, as a graph shows it; default: now
 */
export async function deadQueries(metrics: string, alerts: string, span?: string): Promise<string[]> {
  const [ofPanels, ofRules] = await Promise.all([panelQueries(metrics), ruleQueries(alerts)]);
  const during = (expr: string) => (span === undefined ? expr : `last_over_time((${expr})[${span}:10s])`);
  const asked = [...ofPanels.map(({ place, expr }) => ({ place, expr: during(expr) })), ...ofRules];
  const dead: string[] = [];
  for (const { place, expr } of asked) {
    const found = answer.parse(await json(`${metrics}/api/v1/query?${new URLSearchParams({ query: expr })}`));
    if (found.data.result.length === 0) dead.push(`${place}: ${expr}`);
  }
  return dead;
}

/** The same of a stack that has just been deployed: some have an answer only when a part was read twice. */
export async function deadAtLast({ metrics, alerts }: { readonly metrics: string; readonly alerts: string }): Promise<string[]> {
  let dead: string[] = [];
  await until("every query has an answer", async () => {
    dead = await deadQueries(metrics, alerts);
    return dead.length === 0;
  }).catch((error: unknown) => {
    if (dead.length === 0) throw error;
  });
  return dead;
}

interface Asked {
  readonly place: string;
  readonly expr: string;
}

async function panelQueries(metrics: string): Promise<Asked[]> {
  const { dashboardsSettings } = dashboards.parse(await json(`${metrics}/vmui/custom-dashboards`));
  const all = dashboardsSettings.flatMap(({ title, rows }) =>
    rows.flatMap((row) => row.panels.map((panel) => ({ ...panel, place: `${title} / ${row.title} / ${panel.title}` }))),
  );
  if (all.length === 0) throw new Error(`${metrics} has no pages`);
  return all.flatMap(({ place, description, expr }) =>
    description.includes(EMPTY_WHILE) ? [] : expr.map((one) => ({ place, expr: one })),
  );
}

async function ruleQueries(alerts: string): Promise<Asked[]> {
  const { groups } = rules.parse(await json(`${alerts}/api/v1/rules`)).data;
  if (groups.length === 0) throw new Error(`${alerts} has no rules`);
  const read = groups.flatMap((group) =>
    group.rules.flatMap(({ name, query }) => {
      const mayLack = group.rules.some((rule) => rule.name === "StepLate") ? STEP_MAY_LACK : MAY_LACK;
      const selectors = selectorsIn(query).filter((selector) => !mayLack.has(metricOf(selector)));
      return selectors.map((selector) => ({ place: `rule ${name}`, expr: withoutFaults(selector) }));
    }),
  );
  // Ranks that have trained to their end are read no more.
  return read.map(({ place, expr }) => ({ place, expr: `last_over_time(${expr}[1h])` }));
}

/** A selector without the conditions that only a fault meets: another version, another store, an error. */
function withoutFaults(selector: string): string {
  return selector.replaceAll(/,?(version!=|code=~?|source=~)"(?:[^"\\]|\\.)*"/g, "").replace("{,", "{");
}

async function json(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}
