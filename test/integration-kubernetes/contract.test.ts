import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { rankContract } from "../contract/conformance.ts";
import { promises, shell } from "../contract/promises.ts";
import type { Target } from "../contract/target.ts";
import { kubernetesTarget } from "../support/kubernetes-target.ts";

promises(() => kubernetesTarget("ct"));

let target: Target;
beforeAll(async () => {
  target = await kubernetesTarget("ct-ranks");
});
afterEach(async () => {
  await target.stack.pulumi(["destroy", "--yes", "--skip-preview"]);
});
afterAll(() => target.remove());

rankContract(() => target);

/** The API server lets nobody change most of a Job; what it refuses must never reach the user. */
test("a gang takes any change of its settings", async () => {
  const ring = { container: shell("exec sleep 600", { stopGrace: "1s" }), size: 2, rendezvousPort: 29500 };
  const kueue = { scheduling: { kind: "kueue", queue: "training" } };
  const changes: [gang: object, platform: object][] = [
    [{}, {}],
    [{ maxRestarts: 0 }, {}],
    [{ size: 3, maxRestarts: 7, startBudget: "3m" }, {}],
    [{ container: shell("exec sleep 601", { stopGrace: "2s", sharedMemory: "32Mi" }) }, {}],
    [{ rendezvousPort: 29501 }, kueue],
    [{}, {}],
  ];
  for (const [gang, platform] of changes) {
    const { kubernetes } = target.platform;
    target.stack.configure({ ask: { kubernetes: { ...kubernetes, ...platform }, gangs: { ring: { ...ring, ...gang } } } });
    const { code, text } = await target.stack.up();
    expect(code, text).toBe(0);
    expect((await target.stack.up("--expect-no-changes")).code).toBe(0);
  }
});
