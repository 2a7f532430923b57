import { describe, expect, test } from "vitest";

import { ApiError } from "../../components/kubernetes/cluster.ts";
import { Diagnosis } from "../../components/kubernetes/diagnosis.ts";
import type { Pod } from "../../components/kubernetes/pod-status.ts";
import { type Answers, aCluster } from "../support/kubernetes.ts";
import { aPod, ended, type Status, unplaced, waits } from "../support/pods.ts";

const ROOT = "/api/v1/namespaces/shop";

function reason(pods: readonly Pod[], answers: Answers = {}) {
  const { cluster } = aCluster({ [`${ROOT}/pods`]: { items: pods }, ...answers });
  return new Diagnosis(cluster, "shop").reason("api", "app=api");
}

describe("the reason why a workload is not ready", () => {
  const log = (text: string, seen: string[] = []) => ({
    [`${ROOT}/pods/api-1/log`]: (query: Record<string, string>) => {
      seen.push(new URLSearchParams(query).toString());
      return text;
    },
  });

  test("is asked of the workload's own pods", async () => {
    const { cluster, asked } = aCluster({ [`${ROOT}/pods`]: { items: [aPod("api-1", { ready: true })] } });
    await new Diagnosis(cluster, "shop").reason("api", "app=api");
    expect(asked[0]).toBe(`${ROOT}/pods?labelSelector=app%3Dapi`);
  });

  test("is that they cannot be listed, where this user may not", async () => {
    const forbidden = () => Promise.reject(new ApiError(403, "pods is forbidden:\nuser x"));
    expect(await reason([], { [`${ROOT}/pods`]: forbidden })).toBe("its pods, which show why, cannot be listed: pods is forbidden: user x");
  });

  test("is the first pod's that cannot be placed or started", async () => {
    expect(await reason([aPod("api-1", { ready: true }), aPod("api-2", undefined, { status: unplaced("no room") })])).toContain("no room");
    expect(await reason([aPod("api-1", waits("ErrImagePull", "gone"))])).toContain("cannot be pulled: gone");
  });

  test("is that of the newest pod, and of none that is being deleted", async () => {
    const at = (time: string, more = {}) => ({ metadata: { creationTimestamp: time, ...more } });
    const old = aPod("old", waits("ErrImagePull"), at("2026-01-01T00:00:00Z"));
    const fresh = aPod("fresh", waits("CreateContainerError", "x"), at("2026-01-02T00:00:00Z"));
    const going = aPod("going", waits("CreateContainerError", "y"), at("2026-01-03T00:00:00Z", { deletionTimestamp: "now" }));
    expect(await reason([old, going, fresh])).toBe("fresh cannot be started: x");
  });

  test("is the end of its container, with its last log lines", async () => {
    const seen: string[] = [];
    expect(await reason([aPod("api-1", { state: ended(3) })], log("one\n\ntwo\n", seen))).toBe(
      "api-1 ends with exit code 3; its last log lines: one | two",
    );
    expect(seen).toEqual(["tailLines=3"]);
  });

  test("is the end before, where the container waits for its next try", async () => {
    const seen: string[] = [];
    const status = { ...waits("CrashLoopBackOff"), lastState: ended(1), restartCount: 4 };
    expect(await reason([aPod("api-1", status)], log("boom", seen))).toBe(
      "api-1 ends with exit code 1 and was started again 4 times; its last log lines: boom",
    );
    expect(seen).toEqual(["tailLines=3&previous=true"]);
  });

  test("is too little memory, where it was that, even where no log can be read", async () => {
    expect(await reason([aPod("api-1", { state: ended(137, "OOMKilled") })])).toBe(
      "api-1 needs more memory than its limit; its last log lines: none",
    );
  });

  describe("is what the node complained of last", () => {
    const complaint = (message: string, lastTimestamp: string) => ({ reason: "Unhealthy", message, involvedObject: {}, lastTimestamp });
    const complaints = (query: Record<string, string>) => {
      expect(query).toEqual({ fieldSelector: "involvedObject.name=api-1,type=Warning" });
      return { items: [complaint("HTTP probe\n failed: 503", "2026-01-02"), complaint("refused", "2026-01-01")] };
    };
    const warned = (status: Partial<Status>) => reason([aPod("api-1", status)], { [`${ROOT}/events`]: complaints });

    test("where it runs, but is not ready", async () => {
      expect(await warned({ state: { running: {} } })).toBe("api-1 runs, but is not ready: HTTP probe failed: 503");
      expect(await warned({ state: { running: {} }, restartCount: 2 })).toContain("api-1 runs (started again 2 times), but is not ready");
    });

    test("where it has not started", async () => expect(await warned(waits("ContainerCreating"))).toMatch(/^api-1 has not started: HTTP/));

    test("and is no matter where it is ready", async () => expect(await warned({ ready: true })).not.toContain("503"));
  });

  test("is not known where it only takes its time", async () => {
    expect(await reason([aPod("api-1", { ready: true })])).toBe("it has started, but is not ready yet");
    expect(await reason([aPod("api-1", { state: ended(0) })])).toBe("it has started, but is not ready yet");
  });

  describe("where it has no pod", () => {
    const refused = (name: string, message: string) => ({ reason: "FailedCreate", message, involvedObject: { name } });
    const events = (...items: object[]) => ({ [`${ROOT}/events`]: { items } });

    test("is what the API server said to its maker", async () => {
      const quota = refused("api-5d4f", 'exceeded quota: "team",\n requested: cpu=1');
      expect(await reason([], events(quota))).toBe('no pod could be created: exceeded quota: "team", requested: cpu=1');
      expect(await reason([], events(refused("api", "one"), refused("api", "two")))).toBe("no pod could be created: two");
    });

    test.each([
      ["there are no events", events()],
      ["another workload was refused", events(refused("apis", "no"), refused("db", "no"))],
      ["events may not be read", {}],
    ])("is not known where %s", async (_, answers) => expect(await reason([], answers)).toBe("no pod has been created yet"));
  });
});
