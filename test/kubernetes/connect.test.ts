import { beforeEach, describe, expect, test } from "vitest";

import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import { previewOnApi } from "../support/preview-on-api.ts";
import { aServiceSpec } from "../support/specs.ts";

const here = previewOnApi();
const { api } = here;

/** Connects, and asks for a published service; its URL. */
async function connected(settings: KubernetesSettings = {}): Promise<string | undefined> {
  const platform = await KubernetesPlatform.connect({ namespace: { name: "shop" }, ...settings });
  const { url } = await here.engine.run(() =>
    platform.service("api", aServiceSpec({ publish: { port: 80, anyPort: true } }), { parent: platform }),
  );
  return url === undefined ? undefined : new Promise((resolve) => url.apply(resolve));
}
const nodes = () => api.asked.filter(({ url }) => url.startsWith("/api/v1/nodes"));

test("a platform that is connected looks into its own namespace, and stays on the context that it looked at", async () => {
  api.answers["/api/v1/namespaces/kube-system"] = { metadata: { name: "kube-system", uid: "u-1" } };
  await connected();
  expect(api.asked.map(({ url }) => url)).toContain("/apis/apps/v1/namespaces/shop/deployments");
  const provider = { context: "dev", clusterIdentifier: "u-1" };
  await expect.poll(() => here.engine.inputs("pulumi:providers:kubernetes", "kubernetes")).toMatchObject(provider);
});

test("without a name the namespace is the stack's own", async () => {
  await KubernetesPlatform.connect({ expose: { kind: "none" } });
  expect(api.asked.map(({ url }) => url)).toContain("/api/v1/namespaces/shop-test");
});

describe("the address of a node", () => {
  beforeEach(() => {
    const status = { addresses: [{ type: "InternalIP", address: "10.0.0.7" }] };
    api.answers["/api/v1/nodes"] = { items: [{ metadata: { name: "n" }, status }] };
  });

  test.each([{}, { expose: { kind: "node-port" as const } }])("is asked for where a URL needs it: %j", async (settings) => {
    expect(await connected(settings)).toBe("http://10.0.0.7:31999");
    expect(nodes()).toHaveLength(1);
  });

  test.each([
    { expose: { kind: "node-port" as const, address: "ml.example.com" } },
    { expose: { kind: "none" as const } },
    { expose: { kind: "load-balancer" as const } },
  ])("is not read where no service needs one: %j", async (settings) => {
    await connected(settings);
    expect(nodes()).toEqual([]);
  });
});
