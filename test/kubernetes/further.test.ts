import { describe, expect, test } from "vitest";

import type { Existing, FieldOwner, FieldTree } from "../../components/kubernetes/existing.ts";
import { furtherFields, setByHand } from "../../components/kubernetes/further.ts";

const DECLARED = {
  metadata: { labels: { app: "api" } },
  spec: { replicas: 2, template: { containers: [{ name: "api", image: "shop:1", env: [{ name: "A", value: "1" }] }] } },
};
const container = { ".": {}, "f:name": {}, "f:image": {}, "f:env": { 'k:{"name":"A"}': { ".": {}, "f:name": {}, "f:value": {} } } };
const OWN = {
  "f:metadata": { "f:labels": { "f:app": {} } },
  "f:spec": { "f:replicas": {}, "f:template": { "f:containers": { 'k:{"name":"api"}': container } } },
};
const containers = (fields: FieldTree) => ({ "f:spec": { "f:template": { "f:containers": fields } } });
const by = (manager: string, fieldsV1: FieldTree, subresource?: string): FieldOwner =>
  subresource === undefined ? { manager, fieldsV1 } : { manager, fieldsV1, subresource };
const further = (...others: FieldOwner[]) =>
  furtherFields(DECLARED, { metadata: { name: "api", managedFields: [by("pulumi-kubernetes-1a", OWN), ...others] } });

describe("what was added by hand", () => {
  test.each<[string, FieldTree, string[]]>([
    ["a container", containers({ 'k:{"name":"spy"}': { ".": {}, "f:image": {}, "f:name": {} } }), ["spec.template.containers[spy]"]],
    [
      "a variable",
      containers({ 'k:{"name":"api"}': { "f:env": { 'k:{"name":"NEW"}': { ".": {}, "f:value": {} } } } }),
      ["spec.template.containers[api].env[NEW]"],
    ],
    ["a field", { "f:spec": { "f:paused": {} } }, ["spec.paused"]],
    ["a port", { "f:spec": { "f:ports": { 'k:{"port":9,"protocol":"TCP"}': { ".": {}, "f:port": {} } } } }, ["spec.ports"]],
    ["a label", { "f:metadata": { "f:labels": { "f:mine": {} } } }, ["metadata.labels.mine"]],
    ["an annotation", { "f:metadata": { "f:annotations": { ".": {}, "f:mine": {} } } }, ["metadata.annotations.mine"]],
    ["a finalizer", { "f:metadata": { "f:finalizers": { 'v:"mine"': {} } } }, ["metadata.finalizers"]],
  ])("is %s", (_, fields, paths) => {
    expect(further(by("kubectl-edit", fields))).toEqual(paths.map((path) => ({ path, by: "kubectl-edit" })));
  });

  test.each<[string, FieldOwner]>([
    ["a field that is declared: that is lost", by("kubectl", { "f:spec": { "f:replicas": {} } })],
    ["a field that both have set", by("kubectl", containers({ 'k:{"name":"api"}': container }))],
    [
      "what a controller has added",
      by("kube-controller-manager", { "f:metadata": { "f:annotations": { "f:deployment.kubernetes.io/revision": {} } } }),
    ],
    ["what an operator has added", by("vault-operator", { "f:metadata": { "f:finalizers": { 'v:"x"': {} } } })],
    ["a status", by("kubectl", { "f:status": { "f:replicas": {} } }, "status")],
    ["that it was restarted", by("kubectl-rollout", { "f:metadata": { "f:annotations": { "f:kubectl.kubernetes.io/restartedAt": {} } } })],
  ])("is not %s", (_, owner) => expect(further(owner)).toEqual([]));

  test("is no list that was emptied again", () => {
    const fields = containers({ 'k:{"name":"api"}': { "f:args": {} } });
    const managedFields = [by("pulumi-kubernetes-1a", OWN), by("kubectl-edit", fields)];
    const seen = (args: string[]) => ({
      metadata: { name: "api", managedFields },
      spec: { template: { containers: [{ name: "api", args }] } },
    });
    expect(furtherFields(DECLARED, seen([]) as Existing)).toEqual([]);
    expect(furtherFields(DECLARED, seen(["-v"]) as Existing)).toEqual([{ path: "spec.template.containers[api].args", by: "kubectl-edit" }]);
  });

  test("is none of an object that no deployment has applied: all of that is lost", () => {
    const managedFields = [by("kubectl-create", OWN)];
    expect(furtherFields(DECLARED, { metadata: { name: "api", managedFields } })).toEqual([]);
    expect(setByHand({ metadata: { managedFields } })).toHaveLength(1);
  });
});
