import { describe, expect, test } from "vitest";

import { placementFailureMessage, startFailureMessage } from "../../components/kubernetes/pod-status.ts";
import { aPod, unplaced, waits } from "../support/pods.ts";

describe("a pod that no node can take", () => {
  test("says what it needs and what the scheduler says", () => {
    const term = { matchExpressions: [{ key: "gpu.product", values: ["L4", "L40S"] }] };
    const spec = {
      containers: [{ image: "a", resources: { requests: { cpu: "100m", "nvidia.com/gpu": "2" } } }],
      nodeSelector: { pool: "ml" },
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } },
    };
    expect(placementFailureMessage(aPod("trainer-0", undefined, { spec, status: unplaced("0/3 nodes are\n  available") }))).toBe(
      "no node can take trainer-0, which needs label pool=ml, label gpu.product in (L4, L40S), 100m cpu, 2 nvidia.com/gpu; the scheduler says: 0/3 nodes are available",
    );
  });

  test.each([
    ["has a node", { conditions: [{ type: "PodScheduled", status: "True" }] }],
    ["is held back by its own gates", unplaced("waiting", "SchedulingGated")],
    ["the scheduler has not seen", {}],
  ])("is none that %s", (_, status) => expect(placementFailureMessage(aPod("a", undefined, { status }))).toBeUndefined());
});

describe("a container that does not start", () => {
  test.each(["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"])("for its image says which (%s)", (why) => {
    expect(startFailureMessage(aPod("api-1", waits(why, "not\nfound")))).toBe(
      'image "shop:1" cannot be pulled: not found; correct the reference, push the image, or give the registry\'s credentials',
    );
  });

  test.each(["CreateContainerConfigError", "CreateContainerError", "RunContainerError"])("says the runtime's words (%s)", (why) => {
    expect(startFailureMessage(aPod("api-1", waits(why, 'secret "x" not found')))).toBe('api-1 cannot be started: secret "x" not found');
  });

  test.each(["ContainerCreating", "PodInitializing", "CrashLoopBackOff"])("is none that only takes its time (%s)", (why) => {
    expect(startFailureMessage(aPod("api-1", waits(why)))).toBeUndefined();
  });

  test("is none that runs", () => expect(startFailureMessage(aPod("api-1", { state: {} }))).toBeUndefined());
});
