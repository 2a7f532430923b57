import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";

import { examineCluster, type Wanted } from "../../components/kubernetes/examination.ts";

/** An answer of this very moment. */
function answerNow(): IncomingMessage {
  const answer = new IncomingMessage(new Socket());
  answer.headers.date = new Date().toUTCString();
  return answer;
}

/** A cluster that has what is given, and lets the user do all but what is denied. */
function cluster(answers: Readonly<Record<string, unknown>>, denied: readonly string[] = []) {
  return {
    server: "https://test",
    stream: async () => answerNow(),
    find: async <T>(path: string) => answers[path] as T | undefined,
    send: async <T>(_method: string, _path: string, body: object) => {
      const { spec } = body as { spec: { resourceAttributes: { verb: string; group: string; resource: string } } };
      const { verb, group, resource } = spec.resourceAttributes;
      return { status: { allowed: !denied.includes(`${verb} ${group}/${resource}`) } } as T;
    },
  };
}

const node = (name: string, allocatable: object, more: object = {}) => ({
  metadata: { name, labels: { "kubernetes.io/arch": "amd64" } },
  status: { allocatable, nodeInfo: { architecture: "amd64" } },
  ...more,
});
const deployment = (requests: object, more: object = {}, replicas = 2): Wanted =>
  ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "api" },
    spec: { replicas, template: { spec: { containers: [{ resources: { requests } }], ...more } } },
  }) as Wanted;
const dns = {
  "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices": { items: [{ endpoints: [{ conditions: { ready: true } }] }] },
};
const big = node("big", { cpu: "8", memory: "32Gi" });
const all = { ...dns, "/api/v1/nodes": { items: [big] }, "/api/v1/namespaces/shop/resourcequotas": { items: [] } };

const lines = async (answers: object, objects: readonly Wanted[], denied: readonly string[] = [], architecture?: string) =>
  (await examineCluster(cluster({ ...all, ...answers }, denied), "shop", objects, architecture)).map(
    ({ subject, state, text }) => `${state} ${subject}: ${text}`,
  );

test("a cluster that has all of it is right in every respect", async () => {
  expect(await lines({}, [deployment({ cpu: "1", memory: "1Gi" })], [], "amd64")).toEqual([
    "right rights: all that the deployment uses in namespace shop",
    "right quota: the namespace has none",
    "right nodes: every pod finds one among 1",
    "right architecture: images and nodes are amd64",
    "right clock: the API server's is this machine's",
    "right DNS: the cluster resolves names",
  ]);
});

test("a right that is missing is named", async () => {
  const policy: Wanted = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "x" } };
  expect(await lines({}, [deployment({}), policy], ["patch apps/deployments", "create networking.k8s.io/networkpolicies"])).toContain(
    "wrong rights: this user may not patch deployments; create networkpolicies",
  );
});

test("a quota that all pods together exceed says by how much", async () => {
  const quota = { metadata: { name: "team" }, status: { hard: { "requests.memory": "3Gi", "requests.cpu": "10" } } };
  expect(
    await lines({ "/api/v1/namespaces/shop/resourcequotas": { items: [quota] } }, [deployment({ cpu: "1", memory: "2Gi" })]),
  ).toContain("wrong quota: the pods together are 1Gi of requests.memory over quota team (3Gi)");
});

describe("a pod that finds no node is told which comes closest, and what it lacks", () => {
  const small = node("small", { cpu: "1", memory: "1Gi" });
  const gpu = node(
    "gpu",
    { cpu: "8", memory: "32Gi", "nvidia.com/gpu": "1" },
    { spec: { taints: [{ key: "nvidia.com/gpu", effect: "NoSchedule" }] } },
  );
  test.each([
    [
      "processors and memory",
      { cpu: "16", memory: "64Gi" },
      {},
      "big comes closest and lacks 8 of cpu (free 8, wanted 16), 32Gi of memory (free 32Gi, wanted 64Gi)",
    ],
    [
      "a device",
      { "nvidia.com/gpu": 2 },
      { tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }] },
      "gpu comes closest and lacks 1 of nvidia.com/gpu (free 1, wanted 2)",
    ],
    ["a label", { cpu: "1" }, { nodeSelector: { zone: "eu" } }, "comes closest and lacks the label zone=eu"],
    ["a toleration", { "nvidia.com/gpu": 1 }, {}, "lacks a toleration of its taint nvidia.com/gpu:NoSchedule"],
  ])("%s", async (_, requests, more, text) => {
    const found = await lines({ "/api/v1/nodes": { items: [small, big, gpu] } }, [deployment(requests, more)]);
    expect(found.find((line) => line.includes('deployment "api"'))).toContain(text);
  });

  test("a node that is cordoned", async () => {
    const cordoned = node("only", { cpu: "8", memory: "32Gi" }, { spec: { unschedulable: true } });
    const found = await lines({ "/api/v1/nodes": { items: [cordoned] } }, [deployment({ cpu: "1" })]);
    expect(found).toContainEqual(expect.stringContaining("lacks that it takes pods at all (it is cordoned)"));
  });
});

test("a node that is full just now is a remark: other work may end", async () => {
  const running = {
    spec: { nodeName: "big", containers: [{ resources: { requests: { memory: "31Gi" } } }] },
    status: { phase: "Running" },
  };
  const ended = { ...running, status: { phase: "Succeeded" } };
  expect(await lines({ "/api/v1/pods": { items: [running] } }, [deployment({ memory: "2Gi" })])).toContainEqual(
    expect.stringMatching(/^remark deployment "api": no node has room for a pod of it; big comes closest and lacks 1Gi of memory/),
  );
  expect(await lines({ "/api/v1/pods": { items: [ended] } }, [deployment({ memory: "2Gi" })])).toContain(
    "right nodes: every pod finds one among 1",
  );
});

test("nodes of another kind than the images are named", async () => {
  const arm = { ...node("arm", { cpu: "8" }), status: { allocatable: { cpu: "8" }, nodeInfo: { architecture: "arm64" } } };
  expect(await lines({ "/api/v1/nodes": { items: [arm] } }, [], [], "amd64")).toContain(
    "wrong architecture: images are built for amd64, but arm (arm64) cannot run them",
  );
});

test("what the user may not see is unknown, and not right", async () => {
  const found = await lines({ "/api/v1/nodes": undefined, "/api/v1/namespaces/shop/resourcequotas": undefined }, []);
  expect(found).toEqual(
    expect.arrayContaining(["unknown nodes: this user may not list nodes", "unknown quota: this user may not list resourcequotas"]),
  );
});

test("a cluster without names is a remark", async () => {
  const none = { "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices": { items: [] } };
  expect(await lines(none, [])).toContainEqual(expect.stringContaining("remark DNS: no ready kube-dns was found"));
});
