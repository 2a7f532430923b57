import { describe, expect, test } from "vitest";
import type { Existing } from "../../components/kubernetes/existing.ts";
import { deploymentProgress, gangProgress, jobProgress, statefulSetProgress } from "../../components/kubernetes/progress.ts";

const object = (status?: object, spec: object = {}, generation = 2) =>
  ({ metadata: { name: "it", generation }, spec, ...(status === undefined ? {} : { status }) }) as Existing;
const condition = (type: string, status = "True") => ({
  conditions: [
    { type: "Other", status: "True" },
    { type, status },
  ],
});

describe("a Deployment of two", () => {
  const progress = (status?: object) => deploymentProgress(object(status, { replicas: 2 }));
  const seen = { observedGeneration: 2 };
  const ready = { ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

  test("is done when all replicas are new and available and no other is left", () => {
    expect(progress(ready)).toEqual({ done: true, reached: 4 });
  });

  test.each([
    ["nothing is known of it", undefined, 0],
    ["what is known is of an older form", { ...ready, observedGeneration: 1 }, 0],
    ["one is not made yet", { ...ready, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }, 2],
    ["one is not available yet", { ...ready, availableReplicas: 1 }, 3],
    ["an old one is left", { ...ready, replicas: 3 }, 3],
    ["only old ones are available", { ...seen, replicas: 3, updatedReplicas: 1, availableReplicas: 2 }, 1],
    ["old ones are more than are available", { ...seen, replicas: 4, updatedReplicas: 1, availableReplicas: 1 }, 1],
  ])("is not done while %s", (_, status, reached) => expect(progress(status)).toEqual({ done: false, reached }));

  test("counts one where it says no number", () => {
    expect(deploymentProgress(object({ ...seen, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }))).toMatchObject({ done: true });
  });
});

describe("a StatefulSet of two", () => {
  const progress = (status?: object) => statefulSetProgress(object(status, { replicas: 2 }));
  const ready = { observedGeneration: 2, readyReplicas: 2, updatedReplicas: 2, currentRevision: "a", updateRevision: "a" };

  test.each([
    ["has its one form", { ...ready, updatedReplicas: 0 }, 2],
    ["is all renewed", { ...ready, updateRevision: "b" }, 4],
  ])("is done when it %s and is ready", (_, status, reached) => expect(progress(status)).toEqual({ done: true, reached }));

  test.each([
    ["nothing is known of it", undefined, 0],
    ["what is known is of an older form", { ...ready, observedGeneration: 1 }, 0],
    ["one is not ready", { ...ready, readyReplicas: 1 }, 3],
    ["one is of the old form", { ...ready, updatedReplicas: 1, updateRevision: "b" }, 3],
  ])("is not done while %s", (_, status, reached) => expect(progress(status)).toEqual({ done: false, reached }));
});

describe("a Job", () => {
  test.each([
    ["waits for a node", { active: 1 }, { done: false, failed: false, reached: 0 }],
    ["runs", { active: 1, ready: 1 }, { done: false, failed: false, reached: 1 }],
    ["has ended, but is not closed", { succeeded: 1 }, { done: false, failed: false, reached: 1 }],
    ["has succeeded", { succeeded: 1, ...condition("Complete") }, { done: true, failed: false, reached: 1 }],
    ["has failed", { failed: 1, ...condition("Failed") }, { done: false, failed: true, reached: 1 }],
    ["could not even start", condition("Failed"), { done: false, failed: true, reached: 0 }],
    ["is about to fail", condition("Failed", "False"), { done: false, failed: false, reached: 0 }],
    ["is only made", undefined, { done: false, failed: false, reached: 0 }],
  ])("that %s", (_, status, expected) => expect(jobProgress(object(status))).toEqual(expected));
});

describe("a gang of three", () => {
  test.each([
    ["is only made", undefined, { done: false, failed: false, reached: 0 }],
    ["has a member too few", { active: 2, ready: 1 }, { done: false, failed: false, reached: 1 }],
    ["has all members", { active: 3, ready: 2 }, { done: true, failed: false, reached: 2 }],
    ["has members that are through", { active: 1, ready: 1, succeeded: 2 }, { done: true, failed: false, reached: 3 }],
    ["is through", { succeeded: 3, ...condition("Complete") }, { done: true, failed: false, reached: 3 }],
    ["has failed", { active: 1, ...condition("Failed") }, { done: false, failed: true, reached: 0 }],
  ])("that %s", (_, status, expected) => expect(gangProgress(object(status, { parallelism: 3 }))).toEqual(expected));
});
