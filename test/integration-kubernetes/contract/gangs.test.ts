import { test } from "vitest";

import { rankContract } from "../../contract/conformance.ts";
import { shell } from "../../contract/containers.ts";
import type { Contract } from "../../contract/contract.ts";
import { promises } from "../../contract/promises.ts";
import { kubernetesTarget } from "../../support/kubernetes-target.ts";
import { GANGS } from "./shares.ts";

promises(() => kubernetesTarget("ct-gangs"), GANGS, onKubernetes);

function onKubernetes(contract: Contract): void {
  rankContract(contract);

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
      const { kubernetes } = contract.target().platform;
      const ask = { kubernetes: { ...kubernetes, ...platform }, gangs: { ring: { ...ring, ...gang } } };
      await contract.good(ask);
      await contract.good(ask, "--expect-no-changes");
    }
  });
}
