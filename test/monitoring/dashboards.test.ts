import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";

import { pagesOf } from "../../components/monitoring/dashboards.ts";
import { grafanaDashboard } from "../../components/monitoring/grafana.ts";
import { vmuiFiles } from "../../components/monitoring/vmui.ts";
import { PARTS, shown } from "../support/monitored.ts";
import { knownMetrics, metricOf, selectorsIn } from "./metrics.ts";

const pages = pagesOf(shown());
const panels = pages.flatMap(({ rows }) => rows.flatMap((row) => row.panels));

describe("the pages of a stack with every kind of part", () => {
  test("are these, each with a row for each part of its kind", () => {
    expect(pages.map(({ id, rows }) => [id, rows.map(({ title }) => title)])).toEqual([
      ["overview", ["Alerts and deployments", "Parts"]],
      ["servers", ["api", "solo", "Deployments"]],
      ["models", ["api", "Deployments"]],
      ["features", ["api", "Deployments"]],
      ["gateways", ["gateway, in front of api", "edge, in front of elsewhere", "Deployments"]],
      ["training", ["trainer", "Deployments"]],
      ["pipeline", ["stream", "Deployments"]],
      ["redis", ["redis", "Deployments"]],
      ["others", ["database", "mlflow", "Deployments"]],
      ["host", ["Host"]],
      ["monitoring", ["Store of metrics", "Rules and alerts"]],
    ]);
  });

  test("name only metrics that exist, in PromQL that Prometheus reads", () => {
    const known = knownMetrics();
    const named = panels.flatMap(({ queries }) => queries.flatMap(({ expr }) => selectorsIn(expr).map(metricOf)));
    expect(named.length).toBeGreaterThan(80);
    expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([]);
  });

  test("every graph has a title, a sentence, and a name for each of its lines", () => {
    for (const { title, description, queries } of panels) {
      expect(title).not.toBe("");
      expect(description).toMatch(/\S.*[.:]/);
      expect(queries.length).toBeGreaterThan(0);
      expect(queries.filter(({ legend, expr }) => legend === "" || expr === "")).toEqual([]);
    }
  });
});

test("for any parts, no page is about one that is not there, and each has a graph", () => {
  fc.assert(
    fc.property(fc.subarray([...PARTS]), fc.boolean(), (parts, host) => {
      const text = JSON.stringify(pagesOf(shown({ parts, host, own: false })));
      const about = new Set([...text.matchAll(/part=\\"([^"\\]+)\\"/g)].map(([, part]) => part));
      expect([...about].sort()).toEqual(parts.map(({ target }) => target.name).sort());
      expect(text.includes("node_")).toBe(host);
    }),
  );
});

const vmuiPage = z.strictObject({
  title: z.string().min(1),
  rows: z
    .array(
      z.strictObject({
        title: z.string().min(1),
        panels: z
          .array(
            z.strictObject({
              title: z.string(),
              description: z.string(),
              unit: z.string(),
              width: z.int().min(1).max(12),
              expr: z.array(z.string().min(1)).min(1),
              alias: z.array(z.string().min(1)),
              showLegend: z.boolean(),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
});

test("files for vmui have its format, and a name that keeps their order", () => {
  const files = Object.entries(vmuiFiles(pages));
  expect(files.map(([name]) => name)).toEqual(files.map(([name]) => name).sort());
  expect(files[0]?.[0]).toBe("01-overview.json");
  for (const [, text] of files)
    for (const { panels } of vmuiPage.parse(JSON.parse(text)).rows)
      for (const { expr, alias } of panels) expect(alias.length).toBe(expr.length);
});

const grafana = z.object({
  uid: z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/),
  title: z.string(),
  schemaVersion: z.int(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string(), query: z.string() })) }),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), expr: z.string() })) }),
  panels: z.array(
    z.object({
      id: z.int(),
      type: z.enum(["row", "timeseries"]),
      title: z.string(),
      gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) }),
      targets: z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() })).optional(),
    }),
  ),
});

describe("dashboards for Grafana", () => {
  const dashboards = pages.map((page) => grafana.parse(grafanaDashboard(page, "fraud.prod", {})));

  test("show the same graphs as vmui", () =>
    expect(dashboards.flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)))).toEqual(
      panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)),
    ));

  test("leave the source of their numbers to a variable", () => {
    const text = JSON.stringify(pages.map((page) => grafanaDashboard(page, "fraud.prod", {})));
    expect(new Set([...text.matchAll(/"datasource":\{"type":"prometheus","uid":"([^"]*)"\}/g)].map(([, uid]) => uid))).toEqual(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own way to name a variable.
      new Set(["${datasource}"]),
    );
    expect(
      dashboards.every(({ templating }) => templating.list.some(({ name, type }) => name === "datasource" && type === "datasource")),
    ).toBe(true);
  });

  test("mark deployments and versions of models", () => {
    for (const { annotations } of dashboards) {
      expect(annotations.list.map(({ name }) => name)).toEqual(["Deployments", "Versions of models"]);
      expect(annotations.list.flatMap(({ expr }) => selectorsIn(expr).map(metricOf))).toEqual([
        "mlstack_deployment_info",
        "mlstack_deployment_info",
        "mlstack_declared_model_info",
        "mlstack_declared_model_info",
      ]);
    }
  });

  test.each(dashboards.map((one) => [one.title, one] as const))("%s: every graph has a place and an id of its own", (_, { panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(taken).size).toBe(taken.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  test("of stacks with long names have different addresses", () => {
    const [page] = pages;
    if (page === undefined) throw new Error("there is no page");
    const uids = ["one", "two"].map((end) => grafana.parse(grafanaDashboard(page, `a-very-long-name-of-a-project-and-${end}`, {})).uid);
    expect(new Set(uids).size).toBe(2);
  });
});
