import type { V1Pod } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";

import { endedByJob, runStateOf } from "../../components/kubernetes/task-run-state.ts";

describe("a pod", () => {
  const pod = (status: V1Pod["status"]): V1Pod => ({ ...(status === undefined ? {} : { status }) });
  const container = (state: object) => pod({ containerStatuses: [{ state }] as never });

  test.each([
    ["without a status", pod(undefined), { is: "waiting", why: undefined }],
    [
      "that no node can take",
      pod({ conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes:\n no GPU" }] }),
      { is: "waiting", why: "0/3 nodes: no GPU" },
    ],
    ["that is made", container({ waiting: { reason: "ContainerCreating" } }), { is: "waiting", why: undefined }],
    ["without an image", container({ waiting: { reason: "ErrImagePull", message: "not\nfound" } }), { is: "hopeless", why: "not found" }],
    ["that runs", container({ running: {} }), { is: "running" }],
    ["that has ended", container({ terminated: { exitCode: 7 } }), { is: "ended", code: 7, why: undefined }],
    [
      "that was too large",
      container({ terminated: { exitCode: 137, reason: "OOMKilled" } }),
      { is: "ended", code: 137, why: "needs more memory than its limit" },
    ],
    [
      "that a node put out",
      pod({ phase: "Failed", message: "The node was low on resource" }),
      { is: "ended", code: 1, why: "The node was low on resource" },
    ],
  ])("%s is %j", (_, given, expected) => expect(runStateOf(given)).toEqual(expected));

  test.each([
    ["DeadlineExceeded", "True", { code: 124, why: "did not end within its deadline of 90 s and was ended" }],
    ["DeadlineExceeded", "False", undefined],
    ["BackoffLimitExceeded", "True", undefined],
  ])("ended by its Job for %s (%s) comes to %j", (reason, holds, expected) => {
    const conditions = [{ type: "Failed", status: holds, reason }];
    expect(endedByJob({ spec: { activeDeadlineSeconds: 90, template: {} }, status: { conditions } })).toEqual(expected);
  });
});

test("a pod whose Job is being deleted was ended by that", () => {
  const metadata = { deletionTimestamp: new Date() };
  expect(endedByJob({ metadata })?.why).toContain("a deployment has removed it");
});
