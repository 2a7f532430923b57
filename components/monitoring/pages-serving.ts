import { requestsOf, secondsOf } from "./alerts-budget.ts";
import type { ServerPart, StepPart } from "./observed.ts";
import { graph, type Panel, type Query, type Row } from "./page.ts";
import { answeringNow, of, type Scope } from "./query.ts";

/** Why a share of no requests is none. */
export const ASKED = "nobody has asked anything for five minutes";

/** How a server answers: requests, errors and times, by route, and by version of its model. */
export function serverRow(part: ServerPart, scope: Scope): Row {
  const { name } = part.target;
  const all = requestsOf(part, { scope }, false);
  const failed = requestsOf(part, { scope }, true);
  const seconds = (by: string, quantile: number) =>
    `histogram_quantile(${quantile}, sum by (${by}) (rate(${secondsOf(part, { scope })}[5m])))`;
  return {
    title: name,
    panels: [
      graph(
        "Requests",
        "Answers a second, by route; those that only the platform asks are left out.",
        "requests/s",
        `sum by (route) (rate(${all}[1m]))`,
        "{{route}}",
        { emptyWhile: ASKED },
      ),
      graph(
        "Errors",
        "Share of requests that the server failed to answer, over five minutes.",
        "%",
        `100 * (sum(rate(${failed}[5m])) or vector(0)) / sum(rate(${all}[5m]))`,
        "of requests",
        { emptyWhile: ASKED },
      ),
      {
        ...graph("Time", "Seconds until the answer, of all routes.", "s", seconds("le", 0.5), "half of them"),
        queries: [
          { expr: seconds("le", 0.5), legend: "half of them", emptyWhile: ASKED },
          { expr: seconds("le", 0.95), legend: "95 %", emptyWhile: ASKED },
          { expr: seconds("le", 0.99), legend: "99 %", emptyWhile: ASKED },
        ],
      },
      graph("Time by route", "Seconds within which 95 % of the answers came.", "s", seconds("le, route", 0.95), "{{route}}", {
        emptyWhile: ASKED,
      }),
      graph(
        "In flight",
        "Requests that are being answered now.",
        "count",
        `sum by (route) (${of(part, "mlstack_requests_in_flight", scope)})`,
        "{{route}}",
      ),
      {
        ...graph(
          "Replicas",
          "Replicas that answer, that are ready for requests, and that were declared.",
          "count",
          answeringNow(part, scope),
          "answer",
        ),
        queries: [
          { expr: answeringNow(part, scope), legend: "answer" },
          { expr: `sum(${of(part, "mlstack_ready", scope)})`, legend: "ready" },
          { expr: of(part, "mlstack_declared_replicas", scope), legend: "declared" },
        ],
        steps: true,
      },
      ...versions(part, scope),
    ],
  };
}

/** What each version of the model does: the old and the new one beside each other. */
function versions(part: ServerPart, scope: Scope): Panel[] {
  if (part.model === undefined) return [];
  const loaded = `(${of(part, "mlstack_model_info", scope, `name=${JSON.stringify(part.model.name)}`)} == 1)`;
  const joined = `* on (instance, component) group_left (version) ${loaded}`;
  const all = requestsOf(part, { scope }, false);
  return [
    graph(
      "Requests by version",
      `Answers a second, by version of the model ${part.model.name}.`,
      "requests/s",
      `sum by (version) (rate(${all}[1m]) ${joined})`,
      "version {{version}}",
      { emptyWhile: ASKED, width: 6 },
    ),
    graph(
      "Time by version",
      "Seconds within which 95 % of the answers came.",
      "s",
      `histogram_quantile(0.95, sum by (le, version) (rate(${secondsOf(part, { scope })}[5m]) ${joined}))`,
      "version {{version}}",
      { emptyWhile: ASKED, width: 6 },
    ),
  ];
}

/** The models of a server. */
export function modelRow(part: ServerPart, scope: Scope): Row | undefined {
  const { model, golden } = part;
  if (model === undefined && !golden) return undefined;
  const info = of(part, "mlstack_model_info", scope);
  const panels = [
    graph(
      "Versions",
      "Replicas that answer with each version.",
      "count",
      `count by (name, version) (${info} == 1)`,
      "{{name}} {{version}}",
      { steps: true },
    ),
    ...(model === undefined
      ? []
      : [
          graph(
            "Declared",
            "The version that was deployed.",
            "count",
            of(part, "mlstack_declared_model_info", scope),
            "{{name}} {{version}}",
            { steps: true },
          ),
        ]),
    ...(golden ? [goldenGraph(part, scope)] : []),
    graph(
      "Loading",
      "Seconds that loading the model took.",
      "s",
      `max by (name) (${of(part, "mlstack_model_load_seconds", scope)})`,
      "{{name}}",
    ),
    shiftGraph(part, scope),
  ];
  return { title: part.target.name, panels };
}

/** Whether models give the answer that is known to be right. */
export function goldenGraph(part: ServerPart | StepPart, scope: Scope, more: Partial<Pick<Query, "emptyWhile">> = {}): Panel {
  const right = `min by (name) (${of(part, "mlstack_golden_request_ok", scope)})`;
  return graph("Golden request", "1 while a known question is answered rightly by all.", "count", right, "{{name}}", {
    steps: true,
    ...more,
  });
}

/** How far what models are asked is from what they were trained on. */
export function shiftGraph(part: ServerPart | StepPart, scope: Scope): Panel {
  return graph(
    "Shift of the data",
    "Index of what is asked against what the model was trained on: from 0.1 on worth a look, from 0.25 on an action.",
    "count",
    `max by (name, feature) (${of(part, "mlstack_feature_shift", scope)})`,
    "{{feature}}",
    { emptyWhile: "no model is asked, it has no reference, or too few rows were asked" },
  );
}

/** Where a server's features come from. */
export function featuresRow(part: ServerPart, scope: Scope): Row | undefined {
  if (part.features.length === 0) return undefined;
  const reads = of(part, "mlstack_feature_reads_total", scope);
  return {
    title: part.target.name,
    panels: [
      graph(
        "Rows by store",
        `Rows a second, by store: ${part.features.join(", then ")}.`,
        "rows",
        `sum by (source) (rate(${reads}[1m]))`,
        "{{source}}",
      ),
      graph(
        "Rows without features",
        "Rows a second that no store has features of.",
        "rows",
        `sum(rate(${of(part, "mlstack_feature_misses_total", scope)}[1m]))`,
        "missing",
      ),
      graph(
        "Age",
        "Age of the oldest feature that was read last, by store.",
        "s",
        `max by (source) (${of(part, "mlstack_feature_age_seconds", scope)})`,
        "{{source}}",
        { emptyWhile: "no feature was read yet" },
      ),
    ],
  };
}
