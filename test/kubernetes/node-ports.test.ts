import { describe, expect, test } from "vitest";

import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import { previewOnApi } from "../support/preview-on-api.ts";
import { aServiceSpec } from "../support/specs.ts";

const SERVICES = "/api/v1/namespaces/default/services";
const said = (message: string) => ({ kind: "Status", code: 422, message: `Service "x" is invalid: spec.ports[0].nodePort: ${message}` });
const TAKEN = said("Invalid value: 30080: provided port is already allocated");

const here = previewOnApi();
const { api } = here;

async function published(publish: { port: number; anyPort?: boolean }, expose = {}): Promise<void> {
  const platform = await KubernetesPlatform.connect({ namespace: { name: "shop" }, expose: { kind: "node-port", ...expose } });
  await here.engine.run(async () => {
    platform.service("api", aServiceSpec({ publish }), { parent: platform });
    await platform.admitted();
  });
}
const asked = () => api.asked.filter(({ url }) => url.startsWith(SERVICES)).map(({ url }) => url);

describe("a published port", () => {
  test("is one that the API server would give, and nothing is made by asking", async () => {
    api.answers[SERVICES] = {};
    await published({ port: 30080 });
    expect(asked()).toEqual([`${SERVICES}?dryRun=All`]);
  });

  test("that nodes cannot open is refused with their range and the remedies", async () => {
    await expect(published({ port: 8000 })).rejects.toThrow(
      `service "api": publish.port: must be a port that the cluster's nodes can open (30000-32767), got 8000; choose one of them, let the cluster choose (anyPort: true)`,
    );
  });

  test("follows the range that the settings give", async () => {
    const expose = { ports: "8000-9000" };
    await published({ port: 8000 }, expose);
    await expect(published({ port: 30080 }, expose)).rejects.toThrow("(8000-9000), got 30080");
  });

  test("that another Service has is refused", async () => {
    api.answers[SERVICES] = TAKEN;
    await expect(published({ port: 30080 })).rejects.toThrow('service "api": publish.port: another Service of the cluster has port 30080');
  });

  test("that the stack's own Service has already stays its own", async () => {
    api.answers[SERVICES] = TAKEN;
    api.answers["/api/v1/namespaces/shop/services/api-outside"] = { spec: { ports: [{ nodePort: 30080 }] } };
    await published({ port: 30080 });
  });

  test("is tried where the API server may not be asked", async () => {
    api.answers[SERVICES] = 403;
    await published({ port: 30080 });
  });

  test("is the cluster's choice where any will do", async () => {
    await published({ port: 8000, anyPort: true });
    expect(asked()).toEqual([]);
  });
});
