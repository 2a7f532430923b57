import { beforeAll, expect, test } from "vitest";

import type { LogsSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { DEPLOYMENT, onKubernetes, POLICY, templateOf } from "../support/kubernetes.ts";
import { aServiceSpec } from "../support/specs.ts";

const ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role";
const BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding";
const ACCOUNT = "kubernetes:core/v1:ServiceAccount";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const collector: LogsSpec["collector"] = { container: { image: "m:1" }, port: 9429, readiness: { kind: "http", port: 9429, path: "/" } };

const collect = () =>
  onKubernetes(engine, (platform, opts) => {
    const logs = platform.service("logs", aServiceSpec({ port: 9428 }), opts);
    platform.collectLogs("collector", { into: logs, collector }, opts);
  });

test("what reads the logs of pods may do nothing else, and only in its namespace", async () => {
  await collect();
  expect(engine.inputs(ROLE, "collector")).toMatchObject({
    metadata: { name: "collector", namespace: "shop-test" },
    rules: [
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    ],
  });
  expect(engine.inputs(BINDING, "collector")).toMatchObject({
    subjects: [{ kind: "ServiceAccount", name: "collector", namespace: "shop-test" }],
    roleRef: { kind: "Role", name: "collector" },
  });
});

test("only its pod has a token of the API, and it starts when it has its rights", async () => {
  await collect();
  expect(templateOf(engine, DEPLOYMENT, "collector").spec).toMatchObject({
    serviceAccountName: "collector",
    automountServiceAccountToken: true,
  });
  expect(templateOf(engine, DEPLOYMENT, "logs").spec).toMatchObject({
    serviceAccountName: "shop-test-workloads",
    automountServiceAccountToken: false,
  });
  const first = [`${ROLE} collector`, `${BINDING} collector`, `${ACCOUNT} collector`];
  expect(engine.options(DEPLOYMENT, "collector").after).toEqual(expect.arrayContaining(first));
});

test("it knows its stack, and reaches the API server and the store, and no other part", async () => {
  await collect();
  const [container] = templateOf(engine, DEPLOYMENT, "collector").spec.containers;
  expect(container?.env).toContainEqual({ name: "STACK", value: "shop.test" });
  const { egress } = engine.inputs(POLICY, "collector.calls")["spec"] as { egress: { to: object[]; ports: { port: number }[] }[] };
  expect(egress.map(({ to, ports }) => [to.some((peer) => "podSelector" in peer), ports.map(({ port }) => port)])).toEqual([
    [true, [9428]],
    [false, [443]],
    [false, [6443]],
    [false, [443]],
    [false, [6443]],
  ]);
});
