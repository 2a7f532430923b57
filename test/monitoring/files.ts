import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pagesOf } from "../../components/monitoring/dashboards.ts";
import { type RuleGroup, rulesFile, rulesOf } from "../../components/monitoring/rules.ts";
import { shown, watched } from "../support/monitored.ts";
import { unitTests } from "./scenario.ts";
import { FAULTS, QUIET } from "./scenarios.ts";
import { SLOW } from "./slow.ts";

/** The rules of the sample stack, and the tests of vmalert-tool for them, in a new folder: JSON, which is YAML too. */
export function writeTestFiles(): { folder: string; tests: readonly string[] } {
  // One group: vmalert-tool flushes its store after each.
  const groups = [{ name: "all", rules: rulesOf(watched()).flatMap(({ rules }) => rules) }];
  const files = {
    "rules.json": rulesFile(groups),
    "minutes.json": JSON.stringify(unitTests(groups, [...QUIET, ...FAULTS], "10s")),
    "days.json": JSON.stringify(unitTests(groups, SLOW, "10m")),
    "panels-rules.json": rulesFile([panelsAsRules()]),
    "panels.json": JSON.stringify({ rule_files: ["panels-rules.json"], evaluation_interval: "1m", tests: [PARSED] }),
  };
  const folder = mkdtempSync(join(tmpdir(), "mlstack-rules-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { folder, tests: Object.keys(files).filter((name) => !name.endsWith("rules.json")) };
}

/** Asks nothing but that the file is read. */
const PARSED = {
  interval: "1m",
  input_series: [{ series: "up", values: "1" }],
  metricsql_expr_test: [{ expr: "up", eval_time: "0s", exp_samples: [{ labels: '{__name__="up"}', value: 1 }] }],
};

/** Every expression of every panel, so that it is parsed by the store's own parser. */
function panelsAsRules(): RuleGroup {
  const expressions = pagesOf(shown()).flatMap(({ rows }) =>
    rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr))),
  );
  return {
    name: "panels",
    interval: "1h",
    rules: [...new Set(expressions)].map((expr, at) => ({ record: `panel_${at}`, expr, labels: {} })),
  };
}
