import { createHash } from "node:crypto";

import { descriptionOf, type Page, type Panel, type Unit } from "./page.ts";
import { alone, DECLARED, type Scope } from "./query.ts";

/** Grafana's own names of units. */
const UNITS: Readonly<Record<Unit, string>> = {
  "requests/s": "reqps",
  s: "s",
  "%": "percent",
  bytes: "bytes",
  rows: "short",
  "per second": "ops",
  count: "short",
};

/** Where numbers come from is chosen on the page: an id of one Grafana would be wrong in any other. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own way to name a variable.
const SOURCE = { type: "prometheus", uid: "${datasource}" } as const;
/** Grafana has 24 columns, and rows of about 30 pixels. */
const COLUMNS = 24;
const HEIGHT = 8;
/** Version of the format, that of Grafana 11. Later ones read it too. */
const SCHEMA = 39;
/** Longest id of a dashboard. */
const LONGEST_ID = 40;

interface Place {
  readonly h: number;
  readonly w: number;
  readonly x: number;
  readonly y: number;
}

/** A page as a Grafana dashboard. @param stack whose page it is, for its title and its address */
export function grafanaDashboard(page: Page, stack: string, scope: Scope): object {
  return {
    uid: idOf(`mlstack-${stack}-${page.id}`),
    title: `${stack}: ${page.title}`,
    tags: ["mlstack", stack],
    schemaVersion: SCHEMA,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    timezone: "browser",
    templating: {
      list: [
        {
          name: "datasource",
          label: "Source",
          type: "datasource",
          query: "prometheus",
          hide: 0,
          refresh: 1,
          includeAll: false,
          multi: false,
        },
      ],
    },
    annotations: { list: marksOf(scope) },
    links: [
      { title: "Pages of this stack", type: "dashboards", tags: ["mlstack", stack], asDropdown: true, includeVars: true, keepTime: true },
    ],
    panels: panelsOf(page),
  };
}

/** The marks in every graph: a deployment, and a version of a model that answers from then on. */
function marksOf(scope: Scope): object[] {
  const began = (series: string, by: string) => `${series} unless on (${by}) (${series} offset 2m)`;
  const mark = (name: string, expr: string, titleFormat: string, iconColor: string) => ({
    name,
    datasource: SOURCE,
    enable: true,
    hide: false,
    iconColor,
    expr,
    step: "30s",
    titleFormat,
    textFormat: "",
  });
  return [
    mark("Deployments", began(alone(DECLARED.deployment, scope), "deployment"), "Deployment {{deployment}}", "blue"),
    mark("Versions of models", began(alone(DECLARED.model, scope), "part, name, version"), "{{part}}: {{name}} {{version}}", "purple"),
  ];
}

function panelsOf({ rows }: Page): object[] {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title: row.title,
      collapsed: false,
      gridPos: { h: 1, w: COLUMNS, x: 0, y },
      panels: [],
    });
    y += 1;
    let x = 0;
    for (const panel of row.panels) {
      const width = panel.width * 2;
      if (x + width > COLUMNS) [x, y] = [0, y + HEIGHT];
      panels.push(panelOf(panel, panels.length + 1, { h: HEIGHT, w: width, x, y }));
      x += width;
    }
    y += HEIGHT;
  }
  return panels;
}

function panelOf(panel: Panel, id: number, gridPos: Place): object {
  const { title, unit, queries, steps = false } = panel;
  return {
    id,
    type: "timeseries",
    title,
    description: descriptionOf(panel),
    datasource: SOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit: UNITS[unit],
        min: 0,
        custom: { lineInterpolation: steps ? "stepAfter" : "linear", fillOpacity: 10, showPoints: "never", spanNulls: false },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
      tooltip: { mode: "multi", sort: "desc" },
    },
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
      range: true,
    })),
  };
}

/** Without what an address may not have; one that is long or was changed is kept apart by a hash of all of it. */
function idOf(name: string): string {
  const plain = name.replaceAll(/[^a-zA-Z0-9_-]/g, "-");
  if (plain === name && name.length <= LONGEST_ID) return name;
  return `${plain.slice(0, LONGEST_ID - 9)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
