import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { refuseMoved, refuseMovedModels, settingsVersion, stateVersion } from "../../infra/approved.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mlstack-approved-state-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROOT = { type: "pulumi:pulumi:Stack", urn: "root" };
const REDIS = { type: "docker:index/container:Container", urn: "redis", id: "1" };

/** A state's file with these resources; with none it was never deployed. */
function file(resources: readonly object[] | undefined): string {
  const path = join(folder, "prod.json");
  writeFileSync(path, JSON.stringify({ version: 3, checkpoint: { latest: resources === undefined ? null : { resources } } }));
  return path;
}

const SETTINGS = { features: { api: { replicas: 2 } }, tracking: undefined };
/** What a deployment was approved for, with these resources in the state. */
function approved(resources: readonly object[] | undefined, models: Readonly<Record<string, string>> = {}) {
  const world = { file: join(folder, "prod.json"), state: stateVersion(file(resources)), settings: settingsVersion(SETTINGS), models };
  return { MLSTACK_APPROVED: JSON.stringify(world) };
}

/** The program begins on the second, of a deployment that was approved for the first. */
function begin(before: readonly object[] | undefined, now: readonly object[] | undefined): void {
  const env = approved(before);
  file(now);
  refuseMoved(SETTINGS, env);
}

test("a deployment that was approved for the state that the stack has goes on", () => {
  expect(() => begin([ROOT, REDIS], [ROOT, REDIS])).not.toThrow();
});

test("a first deployment goes on, though the stack itself is in the state by then", () => {
  expect(() => begin(undefined, [ROOT])).not.toThrow();
  expect(() => begin([], [ROOT])).not.toThrow();
});

test.each([
  ["another container", [ROOT, { ...REDIS, id: "2" }]],
  ["one container less", [ROOT]],
  ["one more", [ROOT, REDIS, { ...REDIS, urn: "api" }]],
])("one that was approved for another state ends before anything is registered: %s", (_what, now) => {
  expect(() => begin([ROOT, REDIS], now)).toThrow(
    /deployed by another command after the approved report was compared\.\n {2}Nothing was changed/,
  );
});

test("a first deployment that was approved ends where another was first", () => {
  expect(() => begin(undefined, [ROOT, REDIS])).toThrow(/deployed by another command/);
});

test("one that was approved for other settings ends, however they are kept", () => {
  const env = approved([ROOT, REDIS]);
  expect(() => refuseMoved({ tracking: undefined, features: { api: { replicas: 2 } } }, env)).not.toThrow();
  expect(() => refuseMoved({ features: { api: { replicas: 3 } } }, env)).toThrow(/a layer of the settings was changed after/);
});

test("one that was approved for another version of a model ends", () => {
  const env = approved([ROOT, REDIS], { api: "fraud/4" });
  expect(() => refuseMovedModels({ api: { name: "fraud", version: "4" }, old: undefined }, env)).not.toThrow();
  expect(() => refuseMovedModels({ api: { name: "fraud", version: "5" } }, env)).toThrow(/the model of api became version fraud\/5 after/);
});

test("one that nobody had to approve goes on", () => {
  expect(() => refuseMoved(SETTINGS, {})).not.toThrow();
  expect(() => refuseMovedModels({ api: { name: "fraud", version: "5" } }, {})).not.toThrow();
});
