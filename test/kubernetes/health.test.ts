import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";

import { ApiError } from "../../components/kubernetes/cluster.ts";
import type { Wanted } from "../../components/kubernetes/examination.ts";
import { clock, devices, silentNodes } from "../../components/kubernetes/health.ts";
import { tryPods } from "../../components/kubernetes/pod-trial.ts";

const NOON = Date.parse("2026-11-26T12:00:00Z");
const saying = (date: string | undefined) => ({
  stream: async () => {
    const answer = new IncomingMessage(new Socket());
    if (date !== undefined) answer.headers.date = date;
    return answer;
  },
});

test.each([
  [0, "right"],
  [-5_900, "right"],
  [-70_000, "remark"],
  [70_000, "remark"],
])("a clock that is %i ms off is %s", async (apart, state) => {
  expect((await clock(saying(new Date(NOON + apart).toUTCString()), () => NOON)).state).toBe(state);
});

test("a server that does not say its time is not judged", async () => expect((await clock(saying(undefined))).state).toBe("unknown"));

const node = (name: string, status: object, labels: Record<string, string> = {}) => ({ metadata: { name, labels }, status });
const asking = (resource: string): Wanted => ({
  kind: "Job",
  metadata: { name: "trainer" },
  spec: { template: { spec: { containers: [{ resources: { limits: { [resource]: "1", memory: "1Gi" } } }] } } },
});

test("nodes that do not report are named", () => {
  const silent = node("b", { conditions: [{ type: "Ready", status: "Unknown" }] });
  expect(silentNodes([node("a", { conditions: [{ type: "Ready", status: "True" }] }), silent])).toMatchObject([
    { state: "remark", text: "not ready: b" },
  ]);
  expect(silentNodes([silent])).toMatchObject([{ state: "wrong" }]);
});

describe("a device that pods ask for", () => {
  const found = (...nodes: ReturnType<typeof node>[]) =>
    devices(nodes, [asking("nvidia.com/gpu")]).map(({ state, text }) => `${state}: ${text}`);
  test("is offered", () => expect(found(node("a", { allocatable: { "nvidia.com/gpu": "4" } }))).toEqual(["right: the nodes offer 4"]));
  test("is offered by no node", () =>
    expect(found(node("a", {}))).toEqual(["wrong: no node offers any: none has the device, its driver and a device plugin"]));
  test("is there by a label, without a device plugin", () =>
    expect(found(node("a", {}, { "nvidia.com/gpu.present": "true" }))).toEqual([
      "wrong: a carry the label of a GPU, but no device plugin offers one",
    ]));
  test("is unhealthy", () =>
    expect(found(node("a", { capacity: { "nvidia.com/gpu": "2" }, allocatable: { "nvidia.com/gpu": "0" } }))).toEqual([
      "wrong: the nodes have 2, all of them unhealthy by their device plugin",
    ]));
  test("is none that is not asked for", () => expect(devices([node("a", {})], [asking("cpu")])).toEqual([]));
});

describe("a namespace that is there is asked about each pod, which it does not make", () => {
  const namespace = { metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } } };
  async function tried(refusal: Error | undefined, found: object | "gone" = namespace) {
    const asked: { path: string; query: unknown; body: unknown }[] = [];
    const cluster = {
      find: async <T>(): Promise<T | undefined> => (found === "gone" ? undefined : JSON.parse(JSON.stringify(found))),
      send: async <T>(_: string, path: string, body: object, query: object = {}): Promise<T> => {
        asked.push({ path, query, body });
        if (refusal !== undefined) throw refusal;
        return JSON.parse("{}");
      },
    };
    return { findings: await tryPods(cluster, "shop", [asking("cpu"), { kind: "Service", metadata: { name: "api" } }]), asked };
  }

  test("as a trial", async () => {
    const { findings, asked } = await tried(undefined);
    expect(asked).toMatchObject([
      { path: "/api/v1/namespaces/shop/pods", query: { dryRun: "All" }, body: { kind: "Pod", spec: { restartPolicy: "Never" } } },
    ]);
    expect(findings).toEqual([
      { subject: "admission", state: "right", text: "the namespace admits each pod; its Pod Security level is restricted" },
    ]);
  });

  test("unless it is yet to be made", async () => expect(await tried(undefined, "gone")).toEqual({ findings: [], asked: [] }));

  test.each([
    [`pods "x" is forbidden: violates PodSecurity "restricted:latest": hostPath volumes`, "kubectl label namespace shop"],
    [
      `pods "x" is forbidden: exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2`,
      "kubectl --namespace shop describe quota",
    ],
    [`pods "x" is forbidden: maximum cpu usage per Container is 500m, but limit is 1`, "kubectl --namespace shop describe limitrange"],
    [`admission webhook "images" denied the request: only signed images`, "ask those who made the rule"],
  ])("and its refusal is a finding: %s", async (message, remedy) => {
    const { findings } = await tried(new ApiError(403, message));
    expect(findings).toMatchObject([{ subject: 'job "trainer"', state: "wrong", remedy: expect.stringContaining(remedy) }]);
    expect(findings[0]?.text).toBe(`its pod is refused: ${message.replace('pods "x" is forbidden: ', "")}`);
  });

  test("and a user who may create no pods learns that none was tried", async () => {
    const { findings } = await tried(new ApiError(403, 'pods is forbidden: User "kim" cannot create resource "pods" in API group ""'));
    expect(findings).toMatchObject([{ state: "unknown" }]);
  });
});
