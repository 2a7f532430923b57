import { expect, test } from "vitest";

import { alertsIn, rulesOf } from "../../components/monitoring/rules.ts";
import { watched } from "../support/monitored.ts";
import { FEATURES } from "./day/features.ts";
import { SERVING } from "./day/serving.ts";

const FAULTS = [FEATURES, SERVING].map(({ rounds }) => rounds.flat());

test("every alert that a fault waits for, or allows, is one that there is", () => {
  const alerts = new Set(alertsIn(rulesOf(watched())).map(({ alert }) => alert));
  const named = FAULTS.flat().flatMap(({ alerts: own, also = [], lingers = [] }) => [...own, ...also, ...lingers]);
  expect(named.filter((title) => !alerts.has(title.split(" ")[0] ?? ""))).toEqual([]);
});

test("no two faults of a system have one name, and none lingers for which nobody waits", () => {
  for (const faults of FAULTS) {
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
    for (const { alerts, also = [], lingers = [] } of faults) expect([...alerts, ...also]).toEqual(expect.arrayContaining([...lingers]));
  }
});
