import { describe, expect, test } from "vitest";

import { liveReplica, namedPods } from "../../components/kubernetes/live-pods.ts";
import type { Pod } from "../../components/kubernetes/pod-status.ts";
import { aPod, ended, unplaced, waits } from "../support/pods.ts";

const INDEX = "batch.kubernetes.io/job-completion-index";
const born = (creationTimestamp: string, labels = {}) => ({ metadata: { creationTimestamp, labels } });
const runs = { ready: true, state: { running: { startedAt: "2026-01-01T00:00:00Z" } } };
const names = (kind: "service" | "gang" | "job", pods: readonly Pod[]) =>
  namedPods(kind, "api", pods).map(({ name, pods: own }) => [name, own.map(({ metadata }) => metadata.name)]);

describe("replicas", () => {
  test("of a Deployment are counted by age, and what leaves is not", () => {
    const pods = [
      aPod("api-1-c", runs, born("2026-01-03")),
      aPod("api-1-a", runs, born("2026-01-02")),
      aPod("api-0-x", runs, { metadata: { creationTimestamp: "2026-01-01", deletionTimestamp: "2026-01-04" } }),
    ];
    expect(names("service", pods)).toEqual([
      ["api-0", ["api-1-a"]],
      ["api-1", ["api-1-c"]],
    ]);
  });

  test("of a StatefulSet keep their own numbers", () => {
    const pods = [aPod("api-1", runs, born("2026-01-01")), aPod("api-0", runs, born("2026-01-02"))];
    expect(names("service", pods)).toEqual([
      ["api-0", ["api-0"]],
      ["api-1", ["api-1"]],
    ]);
  });

  test("of a gang have the number of their index, each with the pods before", () => {
    const member = (name: string, index: string, at: string) => aPod(name, runs, born(at, { [INDEX]: index }));
    const pods = [member("a", "10", "2026-01-01"), member("b", "2", "2026-01-01"), member("c", "2", "2026-01-02")];
    expect(names("gang", pods)).toEqual([
      ["api-2", ["b", "c"]],
      ["api-10", ["a"]],
    ]);
  });

  test("of a job are its pods under its own name", () => {
    expect(names("job", [aPod("api-x", runs)])).toEqual([["api", ["api-x"]]]);
  });
});

describe("a replica", () => {
  const judged = (kind: "service" | "gang" | "job", ...pods: Pod[]) => {
    const { ready, why } = liveReplica(kind, { name: "api-0", pods });
    return [ready, why];
  };

  test("that runs is ready when its node says so; a member when it runs", () => {
    expect(judged("service", aPod("x", runs))).toEqual([true, undefined]);
    expect(judged("service", aPod("x", { ...runs, ready: false }))).toEqual([false, "runs, but is not ready"]);
    expect(judged("gang", aPod("x", { ...runs, ready: false }))).toEqual([true, undefined]);
    expect(judged("job", aPod("x", runs))).toEqual([false, "has not ended yet"]);
  });

  test("that has ended well has done its work, unless it is to serve", () => {
    expect(judged("job", aPod("x", { state: ended(0) }))).toEqual([true, undefined]);
    expect(judged("gang", aPod("x", { state: ended(0) }))).toEqual([true, undefined]);
    expect(judged("service", aPod("x", { state: ended(0) }))).toEqual([false, "ended with exit code 0"]);
  });

  test("that does not start says why in the words of a deployment", () => {
    const image =
      'has not started: image "shop:1" cannot be pulled: no such tag; correct the reference, push the image, or give the registry\'s credentials';
    expect(judged("service", aPod("x", waits("ImagePullBackOff", "no such tag")))).toEqual([false, image]);
    const [, why] = judged("service", aPod("x", undefined, { status: unplaced("0/1 nodes are available") }));
    expect(why).toContain("has not started: no node can take x");
    expect(judged("service", aPod("x"))).toEqual([false, "has not started yet"]);
  });

  test("that ends again and again says how", () => {
    const crash = { ...waits("CrashLoopBackOff"), lastState: ended(137, "OOMKilled"), restartCount: 4 };
    expect(judged("service", aPod("x", crash))[1]).toBe(
      "was killed because it needs more memory than its limit of its pod (exit code 137)",
    );
    expect(judged("gang", aPod("x", { state: ended(75) }))[1]).toBe("has lost a peer and ended with exit code 75");
  });

  test("has been started again by its node, and as pods of its index", () => {
    const end = { terminated: { exitCode: 3, finishedAt: "2026-01-01T00:00:05Z" } };
    const replica = liveReplica("gang", { name: "ring-0", pods: [aPod("a", { state: end }), aPod("b", { ...runs, restartCount: 1 })] });
    expect(replica).toMatchObject({ object: "b", restarts: 2, since: "2026-01-01T00:00:00.000Z" });
    expect(replica.lastEnd).toEqual({ at: "2026-01-01T00:00:05.000Z", exitCode: 3, outOfMemory: false });
  });

  test("is asked for metrics where its readiness check asks by HTTP, a member at METRICS_PORT", () => {
    const portOf = (kind: "service" | "gang", container: object) =>
      liveReplica(kind, { name: "api-0", pods: [aPod("x", runs, { spec: { containers: [{ image: "a", ...container }] } })] }).metricsPort;
    expect(portOf("service", { readinessProbe: { httpGet: { port: 8405 } } })).toBe(8405);
    expect(portOf("service", { readinessProbe: { exec: {} } })).toBeUndefined();
    expect(portOf("gang", {})).toBe(9400);
    expect(portOf("gang", { env: [{ name: "METRICS_PORT", value: "9500" }] })).toBe(9500);
  });
});
