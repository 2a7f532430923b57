import { expect, test } from "vitest";

import { alertsIn, rulesOf } from "../../components/monitoring/rules.ts";
import { watched } from "../support/monitored.ts";
import { ALERT_FAULTS } from "./alert-faults.ts";

/** What only another kind of run can show, and why. */
const NOT_TRIED: Readonly<Record<string, string>> = {
  AlertsNotDelivered: "needs a receiver that refuses",
  CertificateEndsNow: "is CertificateEnds with fewer days",
  DiskFull: "would fill the disk of this machine",
  ErrorBudgetBurnsSlowly: "takes hours",
  GatewayMissesReplicas: "is for what has no numbers of its own",
  MemoryShort: "would take the memory of this machine",
  MetricsStoreFull: "would fill the disk of this machine",
  RulesFail: "is said by the store that would have to be gone",
};

test("every alert has a real fault, or a reason why not", () => {
  expect(ALERT_FAULTS.length).toBeGreaterThanOrEqual(20);
  const tried = new Set(ALERT_FAULTS.map(({ alert }) => alert));
  const alerts = new Set(alertsIn(rulesOf(watched())).map(({ alert }) => alert));
  expect([...tried].filter((alert) => !alerts.has(alert))).toEqual([]);
  expect([...alerts].filter((alert) => !tried.has(alert)).sort()).toEqual(Object.keys(NOT_TRIED).sort());
});

test("no two faults have one name", () => expect(new Set(ALERT_FAULTS.map(({ name }) => name)).size).toBe(ALERT_FAULTS.length));
