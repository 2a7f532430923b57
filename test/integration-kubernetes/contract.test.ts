import { afterAll, afterEach, beforeAll } from "vitest";

import { rankContract } from "../contract/conformance.ts";
import { promises } from "../contract/promises.ts";
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
