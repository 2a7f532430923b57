import { beforeAll, expect, test } from "vitest";

import type { Observed } from "../../components/monitoring.ts";
import { checkSettings } from "../../infra/check.ts";
import { mlStack } from "../../infra/ml-stack.ts";
import { unaskedModels } from "../../infra/models.ts";
import { readersOf } from "../../infra/monitoring.ts";
import { declareOn } from "../../infra/program.ts";
import { stackSettings } from "../../infra/stack.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const AGE = { fraud: "1h" };
const parts = {
  platform: { kind: "docker" },
  features: {},
  tracking: {},
  feast: {},
  serving: {
    fraud: { feast: true, model: "fraud/2", canary: { model: "fraud/3", percent: 5 }, shadow: { model: "fraud/4", percent: 5 } },
    own: { feast: true, image: "own:1" },
    measured: { feast: true, image: "own:1", server: { metrics: true } },
    plain: {},
  },
};
function read(settings: Readonly<Record<string, unknown>>) {
  const { settings: given, mistakes } = checkSettings(stackSettings, settings);
  if (given === undefined) throw new Error(JSON.stringify(mistakes));
  return given;
}

test("an age of features for a server that reads none is refused where settings are checked, with those that do", () => {
  const { mistakes } = checkSettings(stackSettings, {
    ...parts,
    monitoring: { alerts: { featureAge: { apo: "26h", plain: "1h", ...AGE } } },
  });
  const text = 'no server that reads features is called "NAME"; those that do: api, fraud, fraud-canary, fraud-shadow, measured';
  expect(mistakes).toEqual([
    { path: "mlstack:monitoring.alerts.featureAge.apo", message: text.replace("NAME", "apo") },
    { path: "mlstack:monitoring.alerts.featureAge.plain", message: text.replace("NAME", "plain") },
  ]);
});

test("without such a server it is refused with what to do", () => {
  const { mistakes } = checkSettings(stackSettings, {
    platform: { kind: "docker" },
    training: {},
    monitoring: { alerts: { featureAge: AGE } },
  });
  expect(mistakes).toEqual([
    {
      path: "mlstack:monitoring.alerts.featureAge.fraud",
      message: 'no server that reads features is called "fraud"; there is none in this stack; remove this',
    },
  ]);
});

test("those that do are what the program declares", async () => {
  const settings = read({ ...parts, monitoring: {} });
  const found: Observed[] = [];
  const look = (observed: readonly Observed[]) => void found.push(...observed);
  await engine.run(() => declareOn(new FakePlatform(), settings, (system) => mlStack(system, settings, unaskedModels(settings), look)));
  const readers = found.flatMap((part) => (part.kind === "server" && part.features.length > 0 ? [part.target.name] : []));
  expect(readersOf(settings)).toEqual(readers);
});

test("a server whose model is not registered yet is no mistake", async () => {
  const settings = read({ ...parts, monitoring: { alerts: { featureAge: { api: "26h", ...AGE } } } });
  const platform = new FakePlatform();
  await engine.run(() => declareOn(platform, settings, (system) => mlStack(system, settings, {})));
  expect(platform.lines).toContain("service monitoring-metrics");
});
