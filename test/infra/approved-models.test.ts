import { afterEach, expect, test, vi } from "vitest";

import { checkSettings } from "../../infra/check.ts";
import { pinnedModels } from "../../infra/models.ts";
import { stackSettings } from "../../infra/stack.ts";

// The registry of models says 5 now.
vi.mock("../../components/model/pin.ts", async (original) => ({
  ...(await original<typeof import("../../components/model/pin.ts")>()),
  readDeployed: async () => ({ models: {} }),
  pinnedModel: async (reference: string) => ({ name: "fraud", reference, version: "5" }),
}));
afterEach(() => vi.unstubAllEnvs());

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
