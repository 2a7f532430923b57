import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";

import { MockEngine } from "./engine.ts";
import { FakeApi } from "./fake-api.ts";

/** What the tests of a file share: a preview, which waits for nothing, on a cluster of which only the API server is there. */
export function previewOnApi(): { readonly api: FakeApi; readonly engine: MockEngine } {
  const api = new FakeApi();
  let engine: MockEngine | undefined;
  beforeAll(async () => {
    engine = await MockEngine.start(true);
    await api.start();
  });
  afterAll(() => api.stop());
  beforeEach(() => {
    vi.stubEnv("KUBECONFIG", api.reset());
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
  return {
    api,
    get engine() {
      if (engine === undefined) throw new Error("only known within a test");
      return engine;
    },
  };
}
