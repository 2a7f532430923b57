import { expect, test } from "vitest";

import { READY, service, shell } from "../../contract/containers.ts";
import type { Contract } from "../../contract/contract.ts";
import { promises } from "../../contract/promises.ts";
import { kubernetesTarget } from "../../support/kubernetes-target.ts";
import { DEPLOYMENTS } from "./shares.ts";

promises(() => kubernetesTarget("ct-deployments"), DEPLOYMENTS, onKubernetes);

function onKubernetes({ target, bad }: Contract): void {
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
