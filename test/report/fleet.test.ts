import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { fleetOf } from "../../tools/report/fleet.ts";
import { fleetText } from "../../tools/report/fleet-text.ts";
import { seenOffline } from "../../tools/report/offline.ts";
import { selected } from "../../tools/report/selection.ts";
import { settingsOf } from "../../tools/settings/settings-of.ts";
import { writeState } from "../support/rendered-state.ts";
import { BASE_LAYER, customers, deployAll, write } from "./customers.ts";

const before = process.env["MLSTACK_STATE"];
const state = mkdtempSync(join(tmpdir(), "mlstack-fleet-state-"));
let folder: string;

beforeAll(async () => {
  process.env["MLSTACK_STATE"] = state;
  folder = customers(6);
  await deployAll(folder);
});
afterAll(() => {
  if (before === undefined) delete process.env["MLSTACK_STATE"];
  else process.env["MLSTACK_STATE"] = before;
  for (const one of [state, folder]) rmSync(one, { recursive: true });
});

async function told() {
  return fleetText(await fleetOf(await selected({ cwd: folder }), (stack) => seenOffline(stack), "offline"));
}

test("stacks that nothing changes are unchanged, each of them", async () => {
  const { text, report } = await told();
  expect(report.verdict).toBe("6 stacks: 6 unchanged");
  expect(text).toContain("6 stacks: no change (acme, globex, hooli, initech, stark, umbrella)");
});

test("an image is as it was, whatever base image the machine has that deployed it", async () => {
  const [, stack] = await selected({ cwd: folder });
  if (stack === undefined) throw new Error("no stack");
  await writeState(stack, { ...settingsOf(stack), baseImage: "registry.example.com/base:1" });
  const { text } = fleetText(await fleetOf([stack], (one) => seenOffline(one), "offline"));
  expect(text).toContain("globex: no change");
});

test("equal changes of a base are said once, and one customer's is said for itself; one that fails is named and hides no other", async () => {
  write(folder, "layers/base.yaml", BASE_LAYER.replace("replicas: 2,", "replicas: 3,").replace("size: 20Gi", "size: 30Gi"));
  const [hooli, stark] = ["hooli", "stark"].map((name) => readFileSync(join(folder, `Pulumi.${name}.yaml`), "utf8"));
  write(folder, "Pulumi.hooli.yaml", `${hooli}  mlstack:features: null\n`);
  write(folder, "Pulumi.stark.yaml", `${stark}  mlstack:trainin: { nodes: 2 }\n`);
  const { text, report } = await told();
  expect(report.failed).toEqual([{ project: "shop", stack: "stark", message: expect.stringContaining('did you mean "training"') }]);
  expect(report.verdict).toBe("6 stacks: 1 with a danger, 4 with other changes, 1 without a report");
  expect(text).toContain("3 stacks: 3 parts will change; no danger was found (acme, globex, umbrella)");
  expect(text).toMatch(/\nhooli: data-left-behind: /);
  // Each with the setting that causes it, and with no other.
  expect(text).toContain("features: service api: changed while it runs (2 → 3) (features.api.replicas 2 → 3, layers/base.yaml:12)\n");
  expect(text).toContain("features: volume redis: grows (features.size 20Gi → 30Gi, layers/base.yaml:10)\n");
  expect(text).toMatch(/\ninitech: 2 parts will change; no danger/);
});
