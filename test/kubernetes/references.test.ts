import { beforeAll, expect, test } from "vitest";

import { addressOf, endpointOf, urlOf } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { containerOf, DEPLOYMENT, onKubernetes, POLICY, templateOf } from "../support/kubernetes.ts";
import { aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

test.each([
  ["host", addressOf, "feast"],
  ["endpoint", endpointOf, "feast:6570"],
  ["URL", urlOf, "http://feast:6570"],
] as const)("the %s of a service is text, and opens the flow to it", async (_, referenceOf, expected) => {
  await onKubernetes(engine, (platform, opts) => {
    const feast = platform.service("feast", aServiceSpec({ port: 6570 }), opts);
    platform.service("api", aServiceSpec({ container: { image: "a", env: { WHERE: referenceOf(feast) } } }), opts);
  });
  expect(containerOf(engine, DEPLOYMENT, "api").env).toEqual([{ name: "WHERE", value: expected }]);
  expect([...engine.of(POLICY).keys()]).toEqual(expect.arrayContaining(["api.calls", "feast.from.api"]));
});

test("a service's pods carry a fingerprint of its declared inputs, and none without any", async () => {
  const annotations = async (inputs: Record<string, string>) => {
    await onKubernetes(engine, (platform, opts) => platform.service("api", aServiceSpec({ inputs }), opts));
    return templateOf(engine, DEPLOYMENT, "api").metadata?.annotations;
  };
  const [one, other] = [await annotations({ data: "1" }), await annotations({ data: "2" })];
  expect(one).toEqual({ "mlstack.dev/inputs": expect.stringMatching(/^[0-9a-f]{12}$/) });
  expect(other).not.toEqual(one);
  expect(await annotations({ data: "1" })).toEqual(one);
  expect(await annotations({})).toBeUndefined();
});
