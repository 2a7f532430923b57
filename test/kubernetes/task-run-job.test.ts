import type { V1CronJob } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";

import { runJobOf } from "../../components/kubernetes/task-run-job.ts";
import { A_TERMINAL, aTaskRequest } from "../support/task-request.ts";

describe("a Job from the CronJob", () => {
  const container = { name: "train", image: "shop:1", command: ["train"], args: ["--all"], tty: false };
  const template: V1CronJob = {
    metadata: { name: "train", namespace: "shop", uid: "u-1" },
    spec: {
      schedule: "0 0 31 2 *",
      jobTemplate: {
        metadata: { labels: { a: "b" } },
        spec: {
          backoffLimit: 0,
          template: { metadata: { labels: { c: "d" } }, spec: { containers: [container], restartPolicy: "Never" } },
        },
      },
    },
  };

  test("has all that it says and goes with it", () => {
    const job = runJobOf(template, aTaskRequest().request);
    expect(job.spec).toEqual(template.spec?.jobTemplate.spec);
    expect(job.metadata).toEqual({
      name: expect.stringMatching(/^train-[a-z]{5}$/),
      namespace: "shop",
      labels: { a: "b" },
      ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: "train", uid: "u-1" }],
    });
  });

  test("has other arguments, every dollar kept, and a terminal, where they are asked for", () => {
    const job = runJobOf(template, aTaskRequest({ args: ["$(HOME)", "$$"], terminal: A_TERMINAL }).request);
    expect(job.spec?.template.spec?.containers).toEqual([
      { ...container, args: ["$$(HOME)", "$$$$"], stdin: true, stdinOnce: true, tty: true },
    ]);
    expect(job.spec?.template.spec?.restartPolicy).toBe("Never");
  });
});
