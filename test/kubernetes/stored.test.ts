import { expect, test } from "vitest";

import { kubernetesChanges } from "../../components/kubernetes/consequences.ts";

/** What is compared of a pod with these limits, this mount and this folder in memory. */
function compared(limits: object, mount: object, sizeLimit: string, more = {}): unknown {
  const spec = {
    containers: [{ resources: { limits }, volumeMounts: [mount], ...more }],
    volumes: [{ emptyDir: { medium: "Memory", sizeLimit } }],
  };
  const inputs = { metadata: { name: "api" }, spec: { template: { spec } } };
  return kubernetesChanges.comparable({
    type: "kubernetes:apps/v1:Deployment",
    name: "api",
    inputs,
    retained: false,
    within: [],
    under: [],
  });
}

const DECLARED = compared({ cpu: "1000m", memory: "1024Mi" }, { mountPath: "/data", readOnly: false }, "2048Mi", { env: [] });

test("what a cluster stores in other words is no change", () => {
  expect(compared({ cpu: "1", memory: "1Gi" }, { mountPath: "/data" }, "2Gi")).toEqual(DECLARED);
});

test.each([
  ["another processor", { cpu: "1500m", memory: "1Gi" }, { mountPath: "/data" }, "2Gi"],
  ["another memory", { cpu: "1", memory: "1025Mi" }, { mountPath: "/data" }, "2Gi"],
  ["a mount that is read-only", { cpu: "1", memory: "1Gi" }, { mountPath: "/data", readOnly: true }, "2Gi"],
  ["another folder in memory", { cpu: "1", memory: "1Gi" }, { mountPath: "/data" }, "3Gi"],
])("%s is one", (_, limits, mount, size) => expect(compared(limits, mount, size)).not.toEqual(DECLARED));
