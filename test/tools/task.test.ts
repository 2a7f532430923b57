import { hostname } from "node:os";
import type { V1CronJob, V1Pod } from "@kubernetes/client-node";
import type { ContainerInspectInfo } from "dockerode";
import { afterEach, describe, expect, test, vi } from "vitest";

import { farewell } from "../../tools/commands/task.ts";
import { containerOf, jobOf } from "../../tools/tasks/copy.ts";
import { refuseTakenDevices } from "../../tools/tasks/docker-runs.ts";
import { Ending } from "../../tools/tasks/ending.ts";
import { type DockerLaunch, launchOf } from "../../tools/tasks/launch.ts";
import { endedByJob, stateOf } from "../../tools/tasks/pod.ts";

const launch: DockerLaunch = {
  platform: "docker",
  name: "train",
  template: "mlstack-dev-train",
  network: "mlstack-dev-network",
  interactive: false,
  deadline: 60,
  stopGrace: 10,
};

describe("the task that is meant", () => {
  const outputs = { url: "http://a", tasks: { train: JSON.stringify(launch), dev: "{}" } };

  test("is found among the stack's outputs", () => expect(launchOf(outputs, "train", "dev")).toEqual(launch));

  test.each([
    ["trian", outputs, 'Stack "dev" has no task "trian". Its tasks are dev, train: npm run task -- NAME [--stack dev] [-- ARGUMENTS]'],
    [undefined, outputs, "Which task? Its tasks are dev, train"],
    ["train", { url: "http://a" }, 'Stack "dev" has no task "train". Stack "dev" has none; is it deployed?'],
    ["train", null, "is it deployed?"],
    ["toString", outputs, 'has no task "toString"'],
    ["dev", outputs, 'Stack "dev" was deployed by another version; deploy it again, then start task "dev".'],
    ["dev", { tasks: { dev: "[secret]" } }, "was deployed by another version"],
  ])("called %j in %j is answered", (name, given, answer) => expect(() => launchOf(given, name, "dev")).toThrow(answer));
});

describe("a copy of the container", () => {
  const template = {
    Name: "/mlstack-dev-train",
    Image: "sha256:0a",
    Config: { Image: "shop:1", Env: ["KEY=hunter2"], Cmd: ["--all"], Entrypoint: ["train"], User: "1:1", Labels: { a: "b" }, Tty: false },
    HostConfig: { ReadonlyRootfs: true, CapDrop: ["ALL"], NetworkMode: "bridge", Memory: 5, Mounts: [] },
  } as unknown as ContainerInspectInfo;

  test("has all that it has, its very image, and goes by itself", () => {
    const copy = containerOf(template, launch, { args: [], interactive: false });
    expect(copy).toMatchObject({
      ...template.Config,
      Image: "sha256:0a",
      Labels: { a: "b", "dev.mlstack.command": `${hostname()}:${process.pid}` },
      HostConfig: { ...template.HostConfig, AutoRemove: true, NetworkMode: "mlstack-dev-network" },
      NetworkingConfig: { EndpointsConfig: { "mlstack-dev-network": {} } },
    });
    expect(copy.name).toMatch(/^mlstack-dev-train-[a-z]{5}$/);
    expect(containerOf(template, launch, { args: [], interactive: false }).name).not.toBe(copy.name);
  });

  test("has other arguments, and a terminal, where they are asked for", () => {
    const copy = containerOf(template, launch, { args: ["--epochs", "3"], interactive: true });
    expect(copy).toMatchObject({ Entrypoint: ["train"], Cmd: ["--epochs", "3"], Tty: true, OpenStdin: true, StdinOnce: true });
  });

  const using = (name: string, ...ids: string[]) =>
    ({ Name: `/${name}`, HostConfig: { DeviceRequests: [{ DeviceIDs: ids }] } }) as unknown as ContainerInspectInfo;

  test("is refused while another run has its device", () => {
    expect(() => refuseTakenDevices("train", using("t", "0", "1"), [using("tune-bcdfg", "1")])).toThrow(
      'Task "train" needs device "1", which tune-bcdfg has; wait until that has ended, or stop it.',
    );
    refuseTakenDevices("train", using("t", "0"), [using("tune-bcdfg", "1"), template]);
  });
});

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
    const job = jobOf(template, { args: [], interactive: false });
    expect(job.spec).toEqual(template.spec?.jobTemplate.spec);
    expect(job.metadata).toEqual({
      name: expect.stringMatching(/^train-[a-z]{5}$/),
      namespace: "shop",
      labels: { a: "b" },
      ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: "train", uid: "u-1" }],
    });
  });

  test("has other arguments, every dollar kept, and a terminal, where they are asked for", () => {
    const job = jobOf(template, { args: ["$(HOME)", "$$"], interactive: true });
    expect(job.spec?.template.spec?.containers).toEqual([
      { ...container, args: ["$$(HOME)", "$$$$"], stdin: true, stdinOnce: true, tty: true },
    ]);
    expect(job.spec?.template.spec?.restartPolicy).toBe("Never");
  });
});

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
  ])("%s is %j", (_, given, expected) => expect(stateOf(given)).toEqual(expected));

  test.each([
    ["DeadlineExceeded", "True", { code: 124, why: "did not end within its deadline of 90 s and was ended" }],
    ["DeadlineExceeded", "False", undefined],
    ["BackoffLimitExceeded", "True", undefined],
  ])("ended by its Job for %s (%s) comes to %j", (reason, holds, expected) => {
    const conditions = [{ type: "Failed", status: holds, reason }];
    expect(endedByJob({ spec: { activeDeadlineSeconds: 90, template: {} }, status: { conditions } })).toEqual(expected);
  });
});

test("a pod whose Job is going was ended by whoever removed that", () => {
  const metadata = { deletionTimestamp: new Date() };
  expect(endedByJob({ metadata })?.why).toContain("a deployment has removed it");
});

describe("an end before the end", () => {
  let ending = new Ending();
  afterEach(() => {
    ending.over();
    vi.useRealTimers();
  });
  const fresh = () => {
    ending = new Ending();
    return ending;
  };

  test("stops once, for the first reason only, also for who asks late", () => {
    const stop = vi.fn();
    fresh().whenever(stop);
    ending.now({ code: 1, why: "first" });
    ending.now({ code: 2, why: "second" });
    expect(stop).toHaveBeenCalledOnce();
    expect(ending.early).toEqual({ code: 1, why: "first" });
    ending.whenever(stop);
    expect(stop).toHaveBeenCalledTimes(2);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("comes with %s, as a shell counts it, and only while somebody listens", (signal, code) => {
    const before = process.listenerCount(signal);
    fresh().onSignals();
    process.emit(signal);
    expect(ending.early).toEqual({ code });
    ending.over();
    expect(process.listenerCount(signal)).toBe(before);
  });

  test("comes at the deadline, also one that no timer reaches", () => {
    vi.useFakeTimers();
    const days = 40 * 24 * 3600;
    fresh().after(days);
    vi.setSystemTime(Date.now() + (days - 1) * 1000);
    vi.advanceTimersByTime(500);
    expect(ending.early).toBeUndefined();
    vi.advanceTimersByTime(1000);
    expect(ending.early?.code).toBe(124);
  });
});

test.each([
  [0, undefined, undefined],
  [7, undefined, 'Task "train" ended with exit code 7'],
  [143, { code: 130 }, 'Task "train" was interrupted'],
  [137, { code: 124, why: "was late" }, 'Task "train" was late'],
])("of the code %i with %j is said: %s", (code, early, said) => expect(farewell("train", code, { early })).toBe(said));
