import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { ApiError } from "../../components/kubernetes/cluster.ts";
import { ClusterWaits } from "../../components/kubernetes/waits.ts";
import { Refusal } from "../../components/workload/index.ts";
import { type Answers, aCluster } from "../support/kubernetes.ts";

const PODS = "/api/v1/namespaces/shop/pods";
const DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/api";
const STATEFUL_SET = "/apis/apps/v1/namespaces/shop/statefulsets/api";
const JOB = "/apis/batch/v1/namespaces/shop/jobs/load";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const waits = (answers: Answers) =>
  new ClusterWaits(aCluster(answers).cluster, "shop", "shop.test", new Map([["load", "features.load.resources.memory"]]));

/** How a wait ends, and after how many seconds; it gets all the time it wants. */
async function ending(wait: Promise<void>): Promise<{ said: string; after: number }> {
  const start = Date.now();
  let end: { said: string; after: number } | undefined;
  wait.then(
    () => (end = { said: "done", after: (Date.now() - start) / 1000 }),
    (error: Error) => {
      expect(error).toBeInstanceOf(Refusal);
      end = { said: error.message, after: (Date.now() - start) / 1000 };
    },
  );
  for (let second = 0; end === undefined && second < 7200; second++) await vi.advanceTimersByTimeAsync(1000);
  return end ?? { said: "still waiting", after: Number.POSITIVE_INFINITY };
}

/** An answer that is another one from so many seconds on. */
function changing(...steps: readonly (readonly [from: number, answer: object])[]): () => object {
  const start = Date.now();
  return () => steps.findLast(([from]) => Date.now() - start >= from * 1000)?.[1] ?? {};
}

const replicas = (ready: number, wanted = 2) => ({
  metadata: { name: "api", generation: 1 },
  spec: { replicas: wanted },
  status: { observedGeneration: 1, replicas: wanted, updatedReplicas: wanted, availableReplicas: ready },
});
/** A StatefulSet reports no replica as updated while it has its one form. */
const oneByOne = (ready: number) => ({
  metadata: { name: "api", generation: 1 },
  spec: { replicas: 2 },
  status: { observedGeneration: 1, replicas: 2, readyReplicas: ready, currentRevision: "a", updateRevision: "a" },
});
const aPod = (name: string, containerStatuses: object[] = [], status = {}) => ({
  metadata: { name, creationTimestamp: "1" },
  spec: { containers: [{ image: "a" }] },
  status: { containerStatuses, ...status },
});

/** A pod that ended so often, lives so many seconds each time, and has run for so many since. */
const survivor = (restartCount: number, life: number, since: number) => {
  const at = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
  const terminated = { exitCode: 3, startedAt: at(since + life), finishedAt: at(since) };
  return aPod("api-1", [{ ready: true, restartCount, state: { running: { startedAt: at(since) } }, lastState: { terminated } }]);
};

describe("a published service", () => {
  const OUTSIDE = "/api/v1/namespaces/shop/services/api-outside";
  const EVENTS = "/api/v1/namespaces/shop/events";
  const given = (ingress: object[]) => ({ metadata: { name: "api-outside" }, status: { loadBalancer: { ingress } } });
  const found = async (answers: Answers) => {
    let address: string | undefined;
    const asked = waits(answers).address("api", "api-outside");
    const end = await ending(
      asked.then((one) => {
        address = one;
      }),
    );
    return { ...end, address };
  };

  test("has the address of its load balancer, once a controller has given one", async () => {
    const answer = changing([0, given([])], [40, given([{ ip: "203.0.113.7" }])]);
    expect(await found({ [OUTSIDE]: answer })).toMatchObject({ said: "done", address: "203.0.113.7" });
    const named = given([{ hostname: "a.example.com", ip: "203.0.113.7" }]);
    expect(await found({ [OUTSIDE]: named })).toMatchObject({ address: "a.example.com", after: 0 });
  });

  test("fails where none comes, with what the cluster warned of and the remedy", async () => {
    const { said, after } = await found({
      [OUTSIDE]: given([]),
      [EVENTS]: { items: [{ message: "quota\nof addresses", involvedObject: {} }] },
    });
    expect(said).toBe(
      'service "api" is published by a load balancer, and none has given it an address within 5m: quota of addresses\n' +
        "  The cluster needs a controller for Services of type LoadBalancer (a cloud's, or one such as MetalLB): install one, or let nodes open the port (platform.expose: { kind: node-port }), and deploy again.",
    );
    expect(after).toBeLessThan(303);
  });
});

describe("a pod that no time will bring up", () => {
  const workload = { metadata: { name: "load", uid: "this" }, spec: { parallelism: 1 }, status: { active: 1 } };
  const thatWaits = (reason: string, labels = {}) => ({
    [PODS]: () => ({
      items: [
        {
          ...aPod("load-x", [{ ready: false, restartCount: 0, state: { waiting: { reason, message: "no such tag" } } }]),
          metadata: { name: "load-x", uid: "pod", creationTimestamp: "1", labels },
          spec: { nodeName: "n1", containers: [{ image: "a" }] },
        },
      ],
    }),
  });
  const of = (job: string) => ({ "batch.kubernetes.io/controller-uid": job });
  /** A node that tries again every twelve seconds. */
  const tries = (message: string) => {
    const start = Date.now();
    const count = () => Math.floor((Date.now() - start) / 12_000);
    return { "/api/v1/namespaces/shop/events": () => ({ items: [{ message, count: count(), involvedObject: { uid: "pod" } }] }) };
  };
  const NO_IMAGE = 'failed to get sandbox image "pause:3": no such host';
  const ways = {
    "a job's": (answers: Answers) => ending(waits({ [JOB]: workload, ...answers }).job("load", { startBudget: "10m", deadline: "10m" })),
    "a gang's": (answers: Answers) => ending(waits({ [JOB]: workload, ...answers }).gang("load", "10m")),
    "a service's": (answers: Answers) => ending(waits({ [DEPLOYMENT]: replicas(0), ...answers }).service("api", "deployments", "10m")),
  };

  describe.each(Object.entries(ways))("%s", (whose, way) => {
    const own = whose === "a service's" ? {} : of("this");

    test("for the image of its sandbox is given up after some tries of its node", async () => {
      const { said, after } = await way({ ...thatWaits("ContainerCreating", own), ...tries(NO_IMAGE) });
      expect(said).toContain(
        'node "n1" cannot make the sandbox of load-x, for which it has no image: failed to get sandbox image "pause:3"',
      );
      expect(after).toBeGreaterThanOrEqual(48);
      expect(after).toBeLessThan(60);
    });

    test("for a network that is late is waited for", async () => {
      const late = tries('failed to setup network for sandbox "1a": no such file');
      const { after } = await way({ ...thatWaits("ContainerCreating", own), ...late });
      expect(after).toBeGreaterThan(500);
    });

    test("for its own image is given up at once", async () => {
      const { said, after } = await way(thatWaits("ImagePullBackOff", own));
      expect(said).toContain('image "a" cannot be pulled: no such tag; correct the reference');
      expect(after).toBeLessThan(15);
    });

    if (whose !== "a service's")
      test("says nothing of a job that has replaced its own", async () => {
        expect((await way(thatWaits("ImagePullBackOff", of("before")))).after).toBeGreaterThan(500);
      });
  });
});

describe("a service", () => {
  test("that becomes ready and ends, again and again, counts as up when it has run for twice its usual life", async () => {
    const pods = () => ({ [DEPLOYMENT]: replicas(2), [PODS]: { items: [survivor(4, 30, 5)] } });
    const { said, after } = await ending(waits(pods()).service("api", "deployments", "20s"));
    expect(said).toBe("done");
    expect(after).toBeGreaterThanOrEqual(55);
    expect(after).toBeLessThan(58);
    for (const well of [survivor(4, 30, 61), survivor(2, 30, 5), survivor(9, 3600, 5)])
      expect(await ending(waits({ [DEPLOYMENT]: replicas(2), [PODS]: { items: [well] } }).service("api", "deployments", "20s"))).toEqual({
        said: "done",
        after: 0,
      });
  });

  test.each([
    ["deployments", DEPLOYMENT, replicas],
    ["statefulsets", STATEFUL_SET, oneByOne],
  ] as const)("is waited for until every replica is ready (%s)", async (kind, path, workload) => {
    const answers = { [path]: changing([0, workload(0)], [30, workload(2)]) };
    const { said, after } = await ending(waits(answers).service("api", kind, "1m"));
    expect(said).toBe("done");
    expect(after).toBeGreaterThanOrEqual(30);
    expect(after).toBeLessThan(33);
  });

  test("that is not ready within its budget is reported with the cause, from its own pods", async () => {
    const asked: unknown[] = [];
    const pods = (query: unknown) => {
      asked.push((query as { labelSelector: string }).labelSelector);
      return {
        items: [aPod("api-1", [{ ready: false, restartCount: 0, state: { waiting: { reason: "ErrImagePull", message: "gone" } } }])],
      };
    };
    const { said, after } = await ending(waits({ [DEPLOYMENT]: replicas(0), [PODS]: pods }).service("api", "deployments", "20s"));
    expect(said).toMatch(/^service "api" was not ready within 20s: image "a" cannot be pulled: gone; /);
    expect(new Set(asked.map(String))).toEqual(new Set(["mlstack.dev/stack=shop.test,mlstack.dev/workload=api"]));
    expect(after).toBeGreaterThan(19);
    expect(after).toBeLessThan(23);
  });

  describe("that has no hope", () => {
    const loop = (restartCount: number, reason?: string) => ({
      ready: false,
      restartCount,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: reason === undefined ? 1 : 137, reason } },
    });
    const of = (form: string, pod: ReturnType<typeof aPod>) => ({
      ...pod,
      metadata: { ...pod.metadata, creationTimestamp: form, labels: { "pod-template-hash": form } },
    });
    const ask = (items: object[], extra: Answers = {}) =>
      ending(waits({ [DEPLOYMENT]: replicas(0), [PODS]: () => ({ items: [...items] }), ...extra }).service("api", "deployments", "10m"));

    test("since it ends again and again fails at once, with its last lines", async () => {
      const { said, after } = await ask([of("2", aPod("api-2", [loop(2)]))], { [`${PODS}/api-2/log`]: "one\nBad file format\n" });
      expect(said).toBe(
        'service "api" is not ready: api-2 ends with exit code 1, again and again (3 times); its last 2 log lines:\n    one\n    Bad file format\n  Fix the cause and deploy again.',
      );
      expect(after).toBeLessThan(15);
    });

    test("since its node ends it for a probe says which, and not only the exit code of the signal", async () => {
      const events = (query: Readonly<Record<string, string>>) => {
        expect(query["fieldSelector"]).toBe("involvedObject.uid=two");
        const seen = (reason: string, message: string, lastTimestamp: string) => ({ reason, message, lastTimestamp, involvedObject: {} });
        return {
          items: [
            seen("Unhealthy", "Readiness probe failed: no", "4"),
            seen("Unhealthy", "Startup probe failed: dial tcp 10.0.0.1:8081:\n connection refused", "3"),
            seen("Unhealthy", "Startup probe failed: too early", "1"),
            seen("Killing", "Container api failed startup probe, will be restarted", "2"),
          ],
        };
      };
      const pod = of("2", aPod("api-2", [loop(4)]));
      const { said } = await ask([{ ...pod, metadata: { ...pod.metadata, uid: "two" } }], { "/api/v1/namespaces/shop/events": events });
      expect(said).toBe(
        'service "api" is not ready: api-2 ends with exit code 1, again and again (5 times), since its node ends it (Startup probe failed: dial tcp 10.0.0.1:8081: connection refused); it has written no log\n  Fix the cause and deploy again.',
      );
    });

    test("since it is killed for its memory says which setting gives more", async () => {
      const { said } = await ask([of("2", aPod("api-2", [loop(2, "OOMKilled")]))], { [`${PODS}/api-2/log`]: "" });
      expect(said).toContain("needs more memory than its limit");
      expect(said).toContain('Raise resources.memory of "api" and deploy again.');
    });

    test("since its image cannot be had fails at once", async () => {
      const waiting = { ready: false, restartCount: 0, state: { waiting: { reason: "ImagePullBackOff", message: "not found" } } };
      const { said, after } = await ask([of("2", aPod("api-2", [waiting]))]);
      expect(said).toMatch(/^service "api" is not ready: image "a" cannot be pulled: not found; /);
      expect(after).toBeLessThan(15);
    });

    test.each([
      ["it ended only twice", [of("2", aPod("api-2", [loop(1)]))]],
      ["only what it replaces ends again and again", [of("1", aPod("api-1", [loop(9)])), of("2", aPod("api-2"))]],
    ])("is not one of which %s", async (_, pods) => expect((await ask(pods)).after).toBeGreaterThan(500));
  });

  test("has its whole budget again after each replica that came", async () => {
    const slow = changing([0, replicas(0, 3)], [15, replicas(1, 3)], [30, replicas(2, 3)], [45, replicas(3, 3)]);
    expect((await ending(waits({ [DEPLOYMENT]: slow }).service("api", "deployments", "20s"))).said).toBe("done");
    const stuck = changing([0, replicas(0, 3)], [15, replicas(1, 3)], [30, replicas(2, 3)]);
    const { said, after } = await ending(waits({ [DEPLOYMENT]: stuck, [PODS]: { items: [] } }).service("api", "deployments", "20s"));
    expect(said).toContain("not ready within 20s");
    expect(after).toBeGreaterThan(49);
  });

  test("is not given up for an API server that is away for a while, but for one that stays away", async () => {
    const away = (from: number, until: number) => {
      const answer = changing([0, replicas(0)], [from, { away: true }], [until, replicas(2)]);
      return () => ("away" in answer() ? Promise.reject(new ApiError(503, "away")) : answer());
    };
    for (const [from, until] of [
      [0, 25],
      [40, 65],
    ] as const) {
      expect((await ending(waits({ [DEPLOYMENT]: away(from, until) }).service("api", "deployments", "5m"))).said).toBe("done");
    }
    const gone = waits({ [DEPLOYMENT]: away(0, 9999) }).service("api", "deployments", "5m");
    const refused = expect(gone).rejects.toThrow("away");
    await vi.advanceTimersByTimeAsync(40_000);
    await refused;
  });
});

describe("a job", () => {
  const job = (status: object) => ({ metadata: { name: "load" }, status });
  const condition = (type: string, why = {}) => ({ conditions: [{ type, status: "True", ...why }] });
  const run = { active: 1, ready: 1 };
  const LIMITS = { startBudget: "1m", deadline: "10m" } as const;
  const pod = (exitCode?: number) => aPod("load-x", exitCode === undefined ? [] : [{ state: { terminated: { exitCode } } }]);
  const ask = (status: object, pods: object[] = [], log = "") =>
    ending(waits({ [JOB]: status, [PODS]: { items: pods }, [`${PODS}/load-x/log`]: log }).job("load", LIMITS));

  test("is waited for until it has succeeded, and its last line is shown", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    const done = changing([0, job({})], [50, job(run)], [500, job({ succeeded: 1, ...condition("Complete") })]);
    expect((await ask(done, [pod(0)], "one\n2 rows\n")).said).toBe("done");
    expect(info.mock.calls).toEqual([["load: 2 rows"]]);
  });

  describe("of which the container has ended, before the controller counts it", () => {
    const uid = "this";
    const counted = changing.bind(null, [0, { ...job(run), metadata: { name: "load", uid } }]);
    const of = (owner: string, exitCode?: number, changes = {}) => ({
      ...pod(exitCode),
      metadata: { name: "load-x", creationTimestamp: "1", labels: { "batch.kubernetes.io/controller-uid": owner }, ...changes },
    });
    /** After how many seconds what comes after the job may begin, and the wait for it ends. */
    const times = async (pods: unknown, end: object = condition("Complete")) => {
      const start = Date.now();
      let began: number | undefined;
      const onEnd = () => (began ??= (Date.now() - start) / 1000);
      const answers = { [JOB]: counted([20, { ...job(end), metadata: { name: "load", uid } }]), [PODS]: pods };
      const { said, after } = await ending(waits(answers).job("load", { ...LIMITS, onEnd }));
      return { said, after, began };
    };
    const ended = (...pods: object[]) => changing([0, { items: [of(uid)] }], [10, { items: pods }]);

    test("what comes after it may begin, and the wait goes on", async () => {
      vi.spyOn(pulumi.log, "info").mockResolvedValue();
      const { said, after, began } = await times(ended(of(uid, 0)));
      expect(began).toBeLessThan(12);
      expect({ said, isLater: after >= 20 }).toEqual({ said: "done", isLater: true });
    });

    test("a failure that the controller counts is one", async () => {
      const { said, began } = await times(ended(of(uid, 0)), condition("Failed", { reason: "DeadlineExceeded" }));
      expect(began).toBeLessThan(12);
      expect(said).toContain("did not end within its deadline");
    });

    test.each([
      ["has failed", ended(of("this", 1))],
      ["is an earlier job's", ended(of("another", 0))],
      ["is being deleted", ended(of("this", 0, { deletionTimestamp: "2" }))],
      ["runs beside another container", ended({ ...of("this", 0), spec: { containers: [{ image: "a" }, { image: "proxy" }] } })],
      ["may not be listed", () => Promise.reject(new ApiError(403, "forbidden"))],
    ])("nothing begins where the pod %s, until the controller has counted it", async (_, pods) => {
      vi.spyOn(pulumi.log, "info").mockResolvedValue();
      expect(await times(pods)).toMatchObject({ said: "done", began: undefined });
    });
  });

  test("that had succeeded before is not reported again", async () => {
    const info = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    expect((await ask(job({ succeeded: 1, ...condition("Complete") }), [pod(0)], "2 rows")).said).toBe("done");
    expect(info).not.toHaveBeenCalled();
  });

  test("that failed is reported with its exit code and its last 20 lines", async () => {
    const failed = changing([0, job(run)], [5, job({ failed: 1, ...condition("Failed") })]);
    expect((await ask(failed, [pod(3)], "first\nno such file\n")).said).toBe(
      'job "load" failed with exit code 3; its last 2 log lines:\n    first\n    no such file\n  Fix the cause and deploy again; the job will rerun.',
    );
  });

  test("that was killed for its memory is reported with its limit, and the setting that gives it more", async () => {
    const failed = changing([0, job(run)], [5, job({ failed: 1, ...condition("Failed") })]);
    const status = [{ state: { terminated: { exitCode: 137, reason: "OOMKilled" } } }];
    const killed = { ...aPod("load-x", status), spec: { containers: [{ image: "a", resources: { limits: { memory: "64Mi" } } }] } };
    expect((await ask(failed, [killed])).said).toBe(
      'job "load" was killed because it needs more memory than its limit of 64Mi (exit code 137); it has written no log\n  Raise features.load.resources.memory and deploy again; the job will rerun.',
    );
  });

  test("that was ended at its deadline, its pod with it, says so", async () => {
    const ended = changing([0, job(run)], [5, job({ failed: 1, ...condition("Failed", { reason: "DeadlineExceeded" }) })]);
    expect((await ask(ended)).said).toBe('job "load" did not end within its deadline of 10m and was ended');
  });

  test("whose pod is gone is reported in its controller's words", async () => {
    const gone = changing([0, job(run)], [5, job({ failed: 1, ...condition("Failed", { message: "its pod was evicted" }) })]);
    expect((await ask(gone)).said).toBe('job "load" failed: its pod was evicted');
  });

  test("has its own time to start, and says why it did not", async () => {
    const { said, after } = await ask(job({ active: 1 }), [
      aPod("load-x", [], { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no room" }] }),
    ]);
    expect(said).toMatch(/^job "load" did not start within 1m: no node can take load-x, .* no room$/);
    expect(after).toBeLessThan(65);
  });

  test("that started has until its deadline", async () => {
    const { said, after } = await ask(changing([0, job({ active: 1 })], [50, job(run)]));
    expect(said).toContain("did not end within its deadline of 10m");
    expect(after).toBeGreaterThan(640);
  });
});

describe("a gang", () => {
  const job = (status: object) => ({ metadata: { name: "load" }, spec: { parallelism: 2 }, status });
  const all = job({ active: 2, ready: 2 });
  const ask = (status: object, pods: object | ((query: Record<string, string>) => object)) =>
    ending(waits({ [JOB]: status, [PODS]: pods }).gang("load", "1m"));
  /** Pods that still wait, and all of them, by what is asked for. */
  const members = (pending: () => object[]) => (query: Record<string, string>) => ({
    items: query["fieldSelector"] === "status.phase=Pending" ? pending() : [aPod("load-0-x")],
  });

  test("is waited for until all members are made and none waits for a node", async () => {
    const start = Date.now();
    const pending = () => (Date.now() - start < 30_000 ? [aPod("load-1-x")] : []);
    const { said, after } = await ask(changing([0, job({ active: 1 })], [10, all]), members(pending));
    expect(said).toBe("done");
    expect(after).toBeGreaterThanOrEqual(30);
  });

  test("that does not start all its members within its budget is reported with the cause", async () => {
    const { said, after } = await ask(
      all,
      members(() => [aPod("load-1-x")]),
    );
    expect(said).toBe('gang "load" did not start all its members within 1m: it has started, but is not ready yet');
    expect(after).toBeGreaterThan(59);
  });

  test("that failed is reported at once", async () => {
    const { said, after } = await ask(job({ conditions: [{ type: "Failed", status: "True" }] }), { items: [] });
    expect(said).toMatch(
      /^gang "load" failed: no pod has been created yet; fix the cause and deploy again: it starts again from its last checkpoint/,
    );
    expect(after).toBeLessThan(2);
  });
});
