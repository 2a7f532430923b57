import { describe, expect, test } from "vitest";

import { awaitsSandbox, Sandboxes } from "../../components/kubernetes/sandbox.ts";
import { aPod, ended, waits } from "../support/pods.ts";

const pod = (uid = "one") => aPod("api-1", waits("ContainerCreating"), { metadata: { uid }, spec: { nodeName: "n1" } });
const failure = (message: string, count: number | null = 1, uid = "one") => ({ message, count, involvedObject: { uid } });
const IMAGE = 'rpc error: desc = failed to get sandbox image "registry.k8s.io/pause:3.10": failed to pull image: no such host';

/** What is found after each of these looks. */
function looks(...failures: (readonly ReturnType<typeof failure>[])[]): (string | undefined)[] {
  const sandboxes = new Sandboxes();
  return failures.map((seen) => sandboxes.lost([pod()], seen)?.why);
}

describe("a pod whose sandbox cannot be made", () => {
  test("for its image is given up after several tries, with the node, the image and what to do", () => {
    const [first, third, fourth] = looks([], [failure(IMAGE, 3)], [failure(IMAGE, 4)]);
    expect([first, third]).toEqual([undefined, undefined]);
    expect(fourth).toBe(
      `node "n1" cannot make the sandbox of api-1, for which it has no image: ${IMAGE}; load image "registry.k8s.io/pause:3.10" on that node or let it reach the registry, or name another as the sandbox image of its container runtime`,
    );
  });

  test("is found where each try has words of its own, which the cluster does not count together", () => {
    const tries = ["a", "b", "c", "d"].map((id) => failure(`failed to start sandbox "${id}": ${IMAGE}`, null));
    expect(looks([], tries)[1]).toContain('image "registry.k8s.io/pause:3.10"');
  });

  test("is not given up for failures from before the deployment, which may have been put right", () => {
    expect(looks([failure(IMAGE, 40)], [failure(IMAGE, 43)])).toEqual([undefined, undefined]);
    expect(looks([failure(IMAGE, 40)], [failure(IMAGE, 44)])[1]).toBeDefined();
  });

  test("is not given up for another pod's of its name", () => {
    expect(looks([], [failure(IMAGE, 9, "another")])).toEqual([undefined, undefined]);
  });

  test.each([
    'failed to setup network for sandbox "1a": plugin type="flannel" failed (add): open /run/flannel/subnet.env: no such file or directory',
    'NetworkPlugin cni failed to set up pod "api-1_shop" network: open /run/flannel/subnet.env: no such file or directory',
    'failed to get sandbox runtime: no runtime for "nvidia" is configured',
  ])("is waited for where a new node may only be late (%s)", (message) => {
    expect(looks([], [failure(message, 30)])).toEqual([undefined, undefined]);
  });
});

test("a pod awaits its sandbox from its placement until its container has been started once", () => {
  const placed = { spec: { nodeName: "n1" } };
  const awaiting = [aPod("new", undefined, placed), pod()];
  const others = [
    aPod("unplaced"),
    aPod("runs", { state: { running: {} } }, placed),
    aPod("ended", { state: ended(1) }, placed),
    aPod("again", { ...waits("ContainerCreating"), lastState: ended(1) }, placed),
  ];
  expect([...awaiting, ...others].filter(awaitsSandbox)).toEqual(awaiting);
});
