import { describe, expect, test } from "vitest";

import { lostFields } from "../../components/kubernetes/drift.ts";
import type { FieldOwner } from "../../components/kubernetes/existing.ts";

const DECLARED = {
  metadata: { labels: { app: "api" } },
  spec: {
    replicas: 2,
    paused: false,
    selector: { matchLabels: { app: "api" } },
    template: { containers: [{ name: "api", image: "shop:1", ports: [{ port: 80 }], env: [{ name: "A", value: "1" }], resources: {} }] },
  },
};

/** What the API server notes of it. */
const CONTAINER = {
  ".": {},
  "f:name": {},
  "f:image": {},
  "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } },
  "f:env": { 'k:{"name":"A"}': { ".": {}, "f:name": {}, "f:value": {} } },
};
const fields = (container: object = CONTAINER, spec: object = { "f:replicas": {} }) => ({
  "f:metadata": { "f:labels": { "f:app": {} } },
  // The whole selector is one field.
  "f:spec": { ...spec, "f:selector": {}, "f:template": { "f:containers": { 'k:{"name":"api"}': container } } },
});
const ours = (fieldsV1: object): FieldOwner => ({ manager: "pulumi-kubernetes-1a2b", fieldsV1 }) as FieldOwner;
const theirs = (manager: string, fieldsV1: object): FieldOwner => ({ manager, fieldsV1 }) as FieldOwner;
const lost = (...managedFields: FieldOwner[]) => lostFields(DECLARED, { metadata: { name: "api", managedFields } });
const without = (key: string) => Object.fromEntries(Object.entries(CONTAINER).filter(([name]) => name !== key));

describe("a declared object", () => {
  test("is as declared while all its fields are the stack's, whatever others have added", () => {
    const added = theirs("kubectl-rollout", { "f:spec": { "f:template": { "f:metadata": { "f:annotations": { "f:restartedAt": {} } } } } });
    expect(lost(ours(fields()), added, theirs("kube-controller-manager", { "f:status": {} }))).toEqual([]);
  });

  test("lists what something else has set since", () => {
    const scaled = theirs("kubectl", { "f:spec": { "f:replicas": {} } });
    expect(lost(ours(fields(CONTAINER, {})), scaled)).toEqual([{ path: "spec.replicas", by: "kubectl" }]);
    const set = theirs("kubectl-set", { "f:spec": { "f:template": { "f:containers": { 'k:{"name":"api"}': { "f:image": {} } } } } });
    expect(lost(ours(fields(without("f:image"))), set)).toEqual([{ path: "spec.template.containers[api].image", by: "kubectl-set" }]);
  });

  test("lists what was removed, which nobody owns", () => {
    const env = { ...CONTAINER, "f:env": {} };
    expect(lost(ours(fields({ ...env, "f:env": { 'k:{"name":"B"}': {} } })))).toEqual([
      { path: "spec.template.containers[api].env[A]", by: undefined },
    ]);
    expect(lost(ours(fields(without("f:ports"))))).toEqual([{ path: "spec.template.containers[api].ports", by: undefined }]);
  });

  test("that something else has made again is no longer the stack's at all", () => {
    expect(lost(theirs("kubectl-replace", fields()))).toEqual([
      { path: "metadata", by: "kubectl-replace" },
      { path: "spec", by: "kubectl-replace" },
    ]);
  });

  test("is the stack's under each of the names that an interrupted deployment left", () => {
    const [one, other] = [ours({ "f:metadata": fields()["f:metadata"] }), ours({ "f:spec": fields()["f:spec"] })];
    expect(lost(one, other)).toEqual([]);
  });

  test("is not compared where the API server keeps no record", () => {
    expect(lostFields(DECLARED, { metadata: { name: "api" } })).toEqual([]);
  });
});
