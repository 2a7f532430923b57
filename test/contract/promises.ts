import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";

import { admissionPromises } from "./admission-promises.ts";
import type { Contract } from "./contract.ts";
import { deploymentPromises } from "./deployment-promises.ts";
import { gangPromises } from "./gang-promises.ts";
import { jobPromises } from "./job-promises.ts";
import { referencePromises } from "./reference-promises.ts";
import { servicePromises } from "./service-promises.ts";
import type { Target } from "./target.ts";
import { taskPromises } from "./task-promises.ts";

const PROMISES = {
  "a service": servicePromises,
  "a job": jobPromises,
  "a gang": gangPromises,
  admission: admissionPromises,
  "a reference": referencePromises,
  "a task": taskPromises,
  "a deployment": deploymentPromises,
} as const;

/**
 * The promises of the port (`components/workload/platform.ts`), on a real engine: the same for every adapter. Each test
 * begins with an empty stack.
 *
 * @param more further tests, of this target only
 */
export function promises(create: () => Promise<Target>, more: (contract: Contract) => void): void {
  let target: Target;
  beforeAll(async () => {
    target = await create();
  });
  afterEach(() => target.clear());
  afterAll(() => target.remove());

  const contract: Contract = {
    target: () => target,
    up(ask, ...args) {
      target.stack.configure({ ask: { ...target.platform, ...ask } });
      return target.stack.up(...args);
    },
    async good(ask, ...args) {
      const { code, text } = await contract.up(ask, ...args);
      expect(code, text).toBe(0);
    },
    async bad(ask) {
      const { code, text } = await contract.up(ask);
      expect(code, text).not.toBe(0);
      return text;
    },
  };
  for (const [what, tested] of Object.entries(PROMISES)) describe(what, () => tested(contract));
  more(contract);
}
