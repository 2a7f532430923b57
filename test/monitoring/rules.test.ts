import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { alertMistakes, alertSettings } from "../../components/monitoring/alert-settings.ts";
import { pagesOf } from "../../components/monitoring/dashboards.ts";
import type { Observed } from "../../components/monitoring/observed.ts";
import { alertsIn, rulesOf } from "../../components/monitoring/rules.ts";
import { LONGEST_INTERVAL } from "../../components/monitoring/settings.ts";
import { duration, toMilliseconds } from "../../components/workload/index.ts";
import { ROOT } from "../support/documents.ts";
import { PARTS, shown as shownOf, watched } from "../support/monitored.ts";
import { knownMetrics, metricOf, selectorsIn } from "./metrics.ts";
import { FAULTS, QUIET } from "./scenarios.ts";
import { SLOW } from "./slow.ts";

const groups = rulesOf(watched());
const alerts = alertsIn(groups);

describe("the rules of a stack with every kind of part", () => {
  test("each alert is raised by a fault among the tests, of each kind of part that has it", () => {
    const raised = new Set(
      [...QUIET, ...FAULTS, ...SLOW].flatMap((one) => Object.values(one.raised).flatMap((all) => all.map(({ alert }) => alert))),
    );
    expect([...new Set(alerts.map(({ alert }) => alert))].filter((alert) => !raised.has(alert))).toEqual([]);
  });

  test("each alert has a paragraph of its own in docs/alerts.md, and each paragraph an alert", () => {
    const page = readFileSync(join(ROOT, "docs", "alerts.md"), "utf8");
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading).sort();
    expect(headings).toEqual([...new Set(alerts.map(({ alert }) => alert))].sort());
  });

  test("rules name only metrics that somebody has", () => {
    const known = knownMetrics();
    const named = groups.flatMap(({ rules }) => rules.flatMap(({ expr }) => selectorsIn(expr).map(metricOf)));
    expect(named.length).toBeGreaterThan(100);
    expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(alerts.map((one) => [one.alert, one.labels["part"], one] as const))(
    "%s of %s says which part, and what to do",
    (_, part, alert) => {
      const { summary, description, runbook_url } = alert.annotations;
      expect(summary).toMatch(/^\S.*\.$/s);
      if (part !== undefined) expect(summary).toContain(part);
      expect(description).toMatch(/npm run|Set |Raise |Remove |Make |See |Find /);
      expect(description).not.toMatch(/undefined|\[object/);
      expect(runbook_url).toBe(`docs/alerts.md#${alert.alert.toLowerCase()}`);
    },
  );

  test("what is declared are series", () => {
    const declared = groups.flatMap(({ rules }) =>
      rules.flatMap((rule) => ("record" in rule ? [[rule.record, rule.expr, rule.labels]] : [])),
    );
    expect(declared).toEqual(
      expect.arrayContaining([
        ["mlstack_deployment_info", "vector(1)", { deployment: "3f2a" }],
        ["mlstack_declared_replicas", "vector(2)", { part: "api" }],
        ["mlstack_declared_replicas", "vector(4)", { part: "trainer" }],
        ["mlstack_declared_model_info", "vector(1)", { part: "api", name: "fraud", version: "4" }],
      ]),
    );
  });

  test("rates have two looks in their time, however rarely parts are looked at", () => {
    const shown = pagesOf(shownOf()).flatMap(({ rows }) => rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries)));
    const exprs = [...groups.flatMap(({ rules }) => rules), ...shown].map(({ expr }) => expr);
    const times = exprs.flatMap((expr) => [...expr.matchAll(/(?:rate|increase)\([^[\]]*\[(\w+)\]/g)].map(([, time = ""]) => time));
    expect(times.length).toBeGreaterThan(20);
    const two = 2 * toMilliseconds(LONGEST_INTERVAL);
    expect(
      [...new Set(times)].filter((time) => toMilliseconds(duration.parse(time.replace(/(\d+)d/, (_, days) => `${24 * days}h`))) < two),
    ).toEqual([]);
  });

  test("where other stacks' series are stored too, every selector says whose", () => {
    const scoped = rulesOf(watched({ scope: { stack: "ml.prod" } }));
    const selectors = scoped.flatMap(({ rules }) => rules.flatMap(({ expr }) => selectorsIn(expr)));
    expect(selectors.filter((selector) => !selector.includes('stack="ml.prod"'))).toEqual([]);
    const recorded = scoped.flatMap(({ rules }) => rules.flatMap((rule) => ("record" in rule ? [rule.labels["stack"]] : [])));
    expect(new Set(recorded)).toEqual(new Set(["ml.prod"]));
  });
});

/** Any choice of parts, each with other numbers. */
const anyParts = fc
  .subarray([...PARTS])
  .chain((parts) =>
    fc
      .record({ more: fc.integer({ min: 1, max: 5 }), bare: fc.boolean() })
      .map(({ more, bare }) =>
        parts.map(
          (part): Observed =>
            part.kind === "server" ? { ...part, replicas: more, ...(bare ? { model: undefined, golden: false, features: [] } : {}) } : part,
        ),
      ),
  );

test("for any parts, no rule is about one that is not there, and each has an alert", () => {
  fc.assert(
    fc.property(anyParts, fc.boolean(), (parts, host) => {
      const given = alertsIn(rulesOf(watched({ parts, host, own: false })));
      const names = parts.map(({ target }) => target.name);
      const about = new Set(
        given.flatMap(({ labels, expr }) => [labels["part"], ...[...expr.matchAll(/part="([^"]+)"/g)].map(([, part]) => part)]),
      );
      expect([...about].filter((part) => part !== undefined && !names.includes(part))).toEqual([]);
      expect(names.filter((name) => !about.has(name))).toEqual([]);
      if (!host) expect(given.filter(({ labels }) => labels["part"] === undefined)).toEqual([]);
    }),
  );
});

describe("settings of alerts", () => {
  test("have these defaults", () =>
    expect(alertSettings.parse({})).toEqual({
      missingFor: "45s",
      startGrace: "5m",
      objective: 99.9,
      leastErrors: 10,
      fallbackShare: 50,
      featureAge: {},
      shift: 0.25,
      stuckAfter: "30m",
      checkpointAge: "1h",
      restarts: 3,
      diskFree: 5,
      certificateDays: 14,
      page: "docs/alerts.md",
    }));

  test.each([
    ["missingFor", "2h", 'must be from 10s to 1h, got "2h"'],
    ["missingFor", "soon", "must be a time"],
    ["objective", 100, "Too big"],
    ["diskFree", 0, "Too small"],
    ["missingfor", "1m", 'did you mean "missingFor"?'],
  ])("%s: %s is refused", (key, value, message) => {
    const { error } = alertSettings.safeParse({ [key]: value }, { reportInput: true });
    expect(error?.issues.map((issue) => issue.message).join("\n")).toContain(message);
  });

  test("a name that no server has is refused with those that there are", () => {
    expect(alertMistakes(alertSettings.parse({ featureAge: { apo: "1h", api: "1h" } }), ["api"])).toEqual([
      { path: "featureAge.apo", message: 'no server that reads features is called "apo"; those that do: api' },
    ]);
  });
});
