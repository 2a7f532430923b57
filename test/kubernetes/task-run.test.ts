import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { runTask } from "../../components/kubernetes/task-run.ts";
import type { KubernetesLaunch } from "../../components/workload/task-run.ts";
import { Interruption } from "../../tools/lib/interruption.ts";
import { FakeRuns } from "../support/fake-runs.ts";
import { aTaskRequest } from "../support/task-request.ts";

const launch: KubernetesLaunch = {
  platform: "kubernetes",
  name: "train",
  namespace: "shop",
  context: "somebody-elses",
  cluster: "cluster-1",
  interactive: false,
};
const state = (one: object) => ({ containerStatuses: [{ state: one }] }) as never;
const RUNS = state({ running: {} });
const ended = (exitCode: number) => state({ terminated: { exitCode } });

let api: FakeRuns;
let interruption: Interruption;
let printed: { readonly out: string; readonly err: string };
beforeEach(async () => {
  api = new FakeRuns();
  interruption = new Interruption();
  process.env["KUBECONFIG"] = await api.start();
});
afterEach(async () => {
  delete process.env["KUBECONFIG"];
  await api.stop();
});

const run = async (args: string[] = [], changes: Partial<KubernetesLaunch> = {}) => {
  const { request, output, errors } = aTaskRequest({ args, interruption });
  try {
    return await runTask({ ...launch, ...changes }, request);
  } finally {
    printed = { out: output.text, err: errors.text };
  }
};
/** Every Job that was made is gone. */
const nothingLeft = () => expect(new Set(api.removed)).toEqual(new Set(api.made.map(({ metadata }) => metadata?.name)));

describe("a run", () => {
  test("shows what its pod prints, has its exit code, and is removed", async () => {
    Object.assign(api, { pod: [undefined, state({ waiting: {} }), RUNS, ended(7)], log: ["one\ntwo\n"] });
    expect(await run(["--epochs", "3"])).toBe(7);
    expect(printed).toEqual({ out: "one\ntwo\n", err: "" });
    expect(api.made[0]?.spec?.template.spec?.containers[0]?.args).toEqual(["--epochs", "3"]);
    expect(api.made).toHaveLength(1);
    nothingLeft();
  });

  test("whose log breaks off goes on where it was, and repeats nothing", async () => {
    Object.assign(api, { pod: [RUNS, RUNS, ended(0)], log: ["one\n", "one\ntwo\n"] });
    expect(await run()).toBe(0);
    expect(printed.out).toBe("one\ntwo\n");
  });

  test("that is interrupted ends with its pod", async () => {
    Object.assign(api, { pod: [RUNS, RUNS, ended(143)], log: ["up\n", "up\nbye\n"], onLog: () => interruption.interrupt({ code: 130 }) });
    expect(await run()).toBe(130);
    expect(printed.out).toBe("up\nbye\n");
    nothingLeft();
  });

  test("that is interrupted before its pod runs waits for none", async () => {
    api.pod = [state({ waiting: {} })];
    interruption.interrupt({ code: 130 });
    expect(await run()).toBe(130);
    nothingLeft();
  });

  test("goes on when the API server is away for a while", async () => {
    Object.assign(api, { pod: [RUNS, ended(0)], log: ["one\n"], away: 1 });
    expect(await run()).toBe(0);
    expect(printed.out).toBe("one\n");
  });

  test("that its Job ended at the deadline says so", async () => {
    Object.assign(api, { pod: [RUNS, undefined], job: { conditions: [{ type: "Failed", status: "True", reason: "DeadlineExceeded" }] } });
    expect(await run()).toBe(124);
    expect(interruption.cause?.why).toContain("deadline");
    nothingLeft();
  });

  test("whose pod went away without a word is no success", async () => {
    api.pod = [RUNS, undefined];
    await expect(run()).rejects.toThrow('The pod of task "train" is gone');
    nothingLeft();
  });

  test("whose Job went with the stack says so", async () => {
    Object.assign(api, { pod: [RUNS, undefined], onLog: () => api.removed.push(api.made[0]?.metadata?.name ?? "") });
    expect(await run()).toBe(1);
    expect(interruption.cause?.why).toContain("a deployment has removed it");
  });

  test("without its image is given up, with the cause", async () => {
    api.pod = [state({ waiting: { reason: "ErrImagePull", message: "no such image" } })];
    await expect(run()).rejects.toThrow('Task "train" cannot be started: no such image');
    nothingLeft();
  });

  test("that no node can take says why, once, and waits", async () => {
    const stuck = { conditions: [{ type: "PodScheduled", status: "False", message: "no GPU" }] } as never;
    api.pod = [stuck, stuck, RUNS, ended(0)];
    expect(await run()).toBe(0);
    expect(printed.err).toBe('Task "train" waits: no GPU\n');
  });
});

test("starts nothing in another cluster than the stack's", async () => {
  await expect(run([], { cluster: "cluster-2" })).rejects.toThrow('context "mine" is another cluster than the stack\'s');
  expect(api.made).toEqual([]);
});

test("says when the task is not there any more", async () => {
  await expect(run([], { name: "tune" })).rejects.toThrow('Task "tune" is not in namespace "shop" any more; deploy the stack again.');
});
