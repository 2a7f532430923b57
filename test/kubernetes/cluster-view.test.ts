import { createServer } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

import { Cluster } from "../../components/kubernetes/cluster.ts";
import { readCluster } from "../../components/kubernetes/cluster-view.ts";
import { type ClusterView, isOurs } from "../../components/kubernetes/existing.ts";
import { recordName } from "../../components/kubernetes/record.ts";
import { FakeApi } from "../support/fake-api.ts";
import { close, listen, portOf } from "../support/loopback.ts";

let api: FakeApi;
beforeAll(async () => {
  api = await new FakeApi().start();
});
afterAll(() => api.stop());
beforeEach(() => vi.stubEnv("KUBECONFIG", api.reset()));
afterEach(() => vi.unstubAllEnvs());

const view = (context?: string): Promise<ClusterView> => readCluster(new Cluster(context), "shop", true);
/** How looking ends: an error that the user sees as it is. */
async function failure(): Promise<string> {
  const error = await view().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(pulumi.RunError);
  return (error as Error).message;
}

describe("a view", () => {
  const named = (name: string, more = {}) => ({ metadata: { name, ...more } });

  test("has what a change may collide with, build on or wait for", async () => {
    const noted = { "mlstack.dev/objects": '["Service/api"]', "mlstack.dev/jobs": '{"load":{"run":"1"}}' };
    Object.assign(api.answers, {
      "/version": { minor: "31+" },
      "/api/v1/namespaces/kube-system": named("kube-system", { uid: "u-1" }),
      "/api/v1/namespaces/shop": named("shop"),
      "/apis/apps/v1/namespaces/shop/deployments": { items: [named("api")] },
      "/apis/apps/v1/namespaces/shop/statefulsets": { items: [named("redis")] },
      "/apis/batch/v1/namespaces/shop/jobs": { items: [named("load"), named("build")] },
      "/apis/batch/v1/namespaces/shop/cronjobs": { items: [named("train")] },
      "/api/v1/namespaces/shop/persistentvolumeclaims": { items: [named("redis")] },
      "/api/v1/namespaces/shop/services": { items: [named("api")] },
      "/api/v1/namespaces/shop/secrets": { items: [named("redis-1a2b", { labels: { "mlstack.dev/workload": "redis" } }), named("others")] },
      "/api/v1/namespaces/shop/configmaps": { items: [named(recordName(), { annotations: noted })] },
      "/apis/storage.k8s.io/v1/storageclasses": {
        items: [
          { ...named("fast", { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } }), allowVolumeExpansion: true },
          named("slow"),
        ],
      },
      "/api/v1/nodes": { items: [{ ...named("n"), status: { addresses: [{ type: "InternalIP", address: "10.0.0.7" }] } }] },
    });
    const { objects, storageClasses, ...rest } = await view();
    const deployed = { objects: new Set(["Service/api"]), jobs: new Map([["load", { run: "1" }]]) };
    expect(rest).toEqual({
      id: "u-1",
      minor: 31,
      pods: [],
      namespace: named("shop"),
      nodeAddress: "10.0.0.7",
      unread: new Set(),
      deployed,
    });
    const kinds = [
      "Deployment/api",
      "StatefulSet/redis",
      "Job/load",
      "Job/build",
      "CronJob/train",
      "PersistentVolumeClaim/redis",
      "Secret/redis",
      "Service/api",
      `ConfigMap/${recordName()}`,
    ];
    expect([...objects.keys()]).toEqual(kinds);
    expect(storageClasses).toEqual(
      new Map([
        ["fast", { grows: true, isDefault: true }],
        ["slow", { grows: false, isDefault: false }],
      ]),
    );
  });

  test("of a user who may read only the namespace leaves the rest open", async () => {
    const closed = ["/api/v1/nodes", "/apis/storage.k8s.io/v1/storageclasses", "/apis/batch/v1/namespaces/shop/cronjobs"];
    for (const path of closed) api.answers[path] = 403;
    expect(await view()).toMatchObject({
      id: "u-0",
      storageClasses: undefined,
      nodeAddress: undefined,
      namespace: undefined,
    });
  });

  test("has the first address that a node has, its outer before its inner one", async () => {
    const node = (...addresses: string[][]) => ({
      ...named("n"),
      status: { addresses: addresses.map(([type, address]) => ({ type, address })) },
    });
    const outer = node(["InternalIP", "10.0.0.7"], ["ExternalIP", "203.0.113.7"]);
    api.answers["/api/v1/nodes"] = { items: [node(), { ...named("n"), status: {} }, outer, node(["InternalIP", "10.0.0.8"])] };
    expect((await view()).nodeAddress).toBe("203.0.113.7");
    expect(api.asked.map(({ url }) => url)).toContain("/api/v1/nodes?limit=50");
  });

  test("comes from an API server behind a path, as management planes serve it", async () => {
    api.kubeconfig(`${api.url}/k8s/clusters/c-1`);
    const system = { metadata: { name: "kube-system", uid: "u-1" } };
    api.answers = { "/k8s/clusters/c-1/version": { minor: "33" }, "/k8s/clusters/c-1/api/v1/namespaces/kube-system": system };
    expect((await view()).minor).toBe(33);
  });

  test("knows the stack's own objects by their label", () => {
    const labelled = (labels = {}) => isOurs({ metadata: { name: "a", labels } }, "shop.test");
    expect([labelled({ "mlstack.dev/stack": "shop.test" }), labelled({ "mlstack.dev/stack": "shop.prod" }), labelled()]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("a cluster that cannot be used", () => {
  test("because it does not say which it is names the right that is missing", async () => {
    api.answers["/api/v1/namespaces/kube-system"] = 403;
    expect(await failure()).toContain('does not let this user read namespace "kube-system", whose uid tells clusters apart');
  });

  test("because the existing objects may not be read says so, and takes none for missing", async () => {
    api.answers["/api/v1/namespaces/shop/services"] = 403;
    expect(await failure()).toContain("does not let this user read the namespace: refused with 403");
  });

  test.each([401, 403])("because it lets the user in no more (%i) says to log in", async (status) => {
    api.answers["/version"] = status;
    expect(await failure()).toBe(
      `Kubernetes: ${api.url} (context "dev") does not let this user read the namespace: refused with ${status}.\n  Log in again, or ask for a role that may manage the namespace.\n  Nothing was changed.`,
    );
  });

  test("because it is too old says what is needed", async () => {
    api.answers["/version"] = { minor: "29" };
    expect(await failure()).toBe(`Kubernetes: ${api.url} runs 1.29; 1.30 or newer is needed.\n  Nothing was changed.`);
    api.answers["/version"] = { minor: "30" };
    expect((await view()).minor).toBe(30);
  });

  test("because none answers says how to choose another, or to do without", async () => {
    const server = createServer();
    await listen(server);
    const closed = portOf(server);
    await close(server);
    api.kubeconfig(`http://127.0.0.1:${closed}`);
    expect(await failure()).toBe(
      [
        `Kubernetes: no cluster answers at http://127.0.0.1:${closed} (context "dev"): connect ECONNREFUSED 127.0.0.1:${closed}.`,
        "  Start it or log in, or name another context: platform.context, or `kubectl config use-context`.",
        "  Without a cluster, `npm run render -- -s <stack>` writes what would be applied.",
        "  Nothing was changed.",
      ].join("\n"),
    );
  });

  test("because it has trouble itself does not say to log in", async () => {
    api.answers["/version"] = 503;
    expect(await failure()).not.toContain("Log in again");
  });
});
