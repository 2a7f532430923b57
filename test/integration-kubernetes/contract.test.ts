import { expect, test } from "vitest";

import { rankContract } from "../contract/conformance.ts";
import { READY, service, shell } from "../contract/containers.ts";
import type { Contract } from "../contract/contract.ts";
import { promises } from "../contract/promises.ts";
import { kubernetesTarget } from "../support/kubernetes-target.ts";

promises(
  () => kubernetesTarget("ct"),
  (contract) => {
    rankContract(contract);
    onKubernetes(contract);
  },
);

function onKubernetes({ target, good, bad }: Contract): void {
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
      const { kubernetes } = target().platform;
      const ask = { kubernetes: { ...kubernetes, ...platform }, gangs: { ring: { ...ring, ...gang } } };
      await good(ask);
      await good(ask, "--expect-no-changes");
    }
  });

  test("what a cluster or a registry cannot do is refused together, before anything is made", async () => {
    const { kubernetes } = target().platform;
    const missing = `${process.env["MLSTACK_TEST_REGISTRY"]}/mlstack/nosuch@sha256:${"0".repeat(64)}`;
    const web = { ...service().services.web, container: shell(READY, { image: missing }), publish: { port: 8000 } };
    const images = { tiny: { build: { context: `${target().stack.folder}/components/docker/carrier` } } };
    const other = { ...service().services.web, container: shell(READY, { image: "tiny" }), publish: { port: 8000, anyPort: true } };
    const text = await bad({
      kubernetes: { ...kubernetes, registry: { address: "127.0.0.1:1/mlstack" } },
      images,
      services: { web, other },
    });
    expect(text).toContain("3 obstacles; nothing was changed");
    expect(text).toContain('platform.registry.address: no image registry answers at "127.0.0.1:1/mlstack"');
    expect(text).toContain(`"web": image: "${missing}" is not there`);
    expect(text).toContain("publish.port: must be a port that the cluster's nodes can open (30000-32767), got 8000");
    expect(await target().objects()).toEqual([]);
    target().stack.configure({ ask: { kubernetes, images, services: { other } } });
    const preview = await target().stack.preview();
    expect(preview.code, preview.text).toBe(0);
    expect(preview.text).not.toContain("undefined");
  });
}
