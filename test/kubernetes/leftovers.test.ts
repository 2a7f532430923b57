import { expect, test } from "vitest";

import { removeClusterLeftovers, whereaboutsIn } from "../../components/kubernetes/leftovers.ts";

const mine = { "mlstack.dev/owner": "an-id" };

/** A cluster that has these objects, by their path, and notes what is deleted. */
function cluster(objects: Readonly<Record<string, readonly object[]>>) {
  const deleted: string[] = [];
  const selectors = new Set<unknown>();
  return {
    deleted,
    selectors,
    find: async <T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> => {
      selectors.add(query["labelSelector"]);
      return JSON.parse(JSON.stringify({ items: (objects[path] ?? []).map((metadata) => ({ metadata })) }));
    },
    send: async <T>(_: string, path: string): Promise<T> => {
      deleted.push(path);
      return JSON.parse("{}");
    },
  };
}

const whose = { stack: "mlstack.acme", owner: "an-id", namespaces: ["acme"], known: new Set(["Deployment/api"]) };

test("objects that the state does not know are deleted", async () => {
  const one = cluster({
    "/apis/apps/v1/namespaces/acme/deployments": [
      { name: "api", annotations: mine },
      { name: "more", annotations: mine },
    ],
    "/api/v1/namespaces/acme/services": [{ name: "more", annotations: mine }],
  });
  expect(await removeClusterLeftovers(one, whose)).toEqual(['Deployment "more"', 'Service "more"']);
  expect(one.deleted).toEqual(["/apis/apps/v1/namespaces/acme/deployments/more", "/api/v1/namespaces/acme/services/more"]);
  expect([...one.selectors]).toEqual(["mlstack.dev/stack=mlstack.acme"]);
});

test("another state's, an owner's parts, what goes already, and claims with their data stay", async () => {
  const one = cluster({
    "/apis/batch/v1/namespaces/acme/jobs": [
      { name: "of-another", annotations: { "mlstack.dev/owner": "another" } },
      { name: "of-an-earlier-release" },
      { name: "a-run-of-a-task", annotations: mine, ownerReferences: [{ kind: "CronJob" }] },
      { name: "going", annotations: mine, deletionTimestamp: "2026-11-26T00:00:00Z" },
    ],
    "/api/v1/namespaces/acme/persistentvolumeclaims": [{ name: "data", annotations: mine }],
  });
  expect(await removeClusterLeftovers(one, whose)).toEqual([]);
  expect(one.deleted).toEqual([]);
});

test("a state's ids say where its objects are", () => {
  const resources = [
    { type: "kubernetes:core/v1:Namespace", id: "acme" },
    { type: "kubernetes:core/v1:Secret", id: "acme/redis-1a2b" },
    { type: "docker:index/registryImage:RegistryImage", id: "sha256:0" },
    { type: "mlstack:kubernetes:Platform" },
  ];
  expect(whereaboutsIn(resources)).toEqual({ namespaces: ["acme"], known: new Set(["Namespace/acme", "Secret/redis-1a2b"]) });
});
