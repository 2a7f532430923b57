import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";

import { checkSettings } from "../../infra/check.ts";
import { pinnedModels } from "../../infra/models.ts";
import { stackSettings } from "../../infra/stack.ts";
import { MockEngine } from "../support/engine.ts";
import { FakeRegistry } from "../support/fake-registry.ts";

/** The registry of models says 5 now. */
let registry: FakeRegistry;
beforeAll(async () => {
  await MockEngine.start();
  registry = await FakeRegistry.start();
  registry.versions = { fraud: [{ version: "4" }, { version: "5" }] };
  registry.aliases = { fraud: { production: "5" } };
});
afterAll(() => registry.stop());
beforeEach(() => {
  const left: Record<string, unknown> = { registry: registry.url, models: {} };
  vi.spyOn(pulumi.StackReference.prototype, "getOutputDetails").mockImplementation(async (name) => ({ value: left[name] }));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function pinned(approved: string) {
  const parts = { platform: { kind: "docker" }, tracking: {}, serving: { api: { model: "fraud@production" } } };
  const { settings, mistakes } = checkSettings(stackSettings, parts);
  if (settings === undefined) throw new Error(JSON.stringify(mistakes));
  vi.stubEnv("MLSTACK_APPROVED", JSON.stringify({ file: "", state: "", settings: "", models: { api: approved } }));
  return pinnedModels(settings);
}

test("an alias that has moved since its report was approved ends the deployment before anything is registered", async () => {
  await expect(pinned("fraud/4")).rejects.toThrow("the model of api became version fraud/5 after the approved report was compared");
  expect(await pinned("fraud/5")).toMatchObject({ api: { version: "5" } });
});
