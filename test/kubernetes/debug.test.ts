import { beforeAll, expect, test } from "vitest";

import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import { addressOf, type Service, type ServiceSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import {
  containerOf,
  DEPLOYMENT,
  onKubernetes,
  POLICY,
  refusalOf,
  SERVICE,
  STATEFUL_SET,
  templateOf,
  violations,
} from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

function service(changes: Partial<ServiceSpec>, settings: KubernetesSettings = {}): Promise<Service> {
  return engine.run(() => {
    const platform = KubernetesPlatform.offline(settings);
    return platform.service("api", aServiceSpec(changes), { parent: platform });
  });
}

test("a debugger gets to a port of the container by forwarding it", async () => {
  const { debugAddress } = await service({ debug: { port: 5678 } });
  expect(containerOf(engine, DEPLOYMENT, "api").ports).toEqual([{ name: "debug", containerPort: 5678 }]);
  expect(violations(templateOf(engine, DEPLOYMENT, "api"))).toEqual([]);
  expect(debugAddress).toBe("kubectl --namespace shop-test port-forward deployment/api 5678:5678");
});

test.each([
  ["ml", "--context ml"],
  ["arn:aws:eks:eu-west-1:1:cluster/ml", "--context arn:aws:eks:eu-west-1:1:cluster/ml"],
  ["it's ml", `--context 'it'\\''s ml'`],
])("the command is for the cluster of context %s, the namespace and the port asked for", async (context, words) => {
  const { debugAddress } = await service({ debug: { port: 5678, hostPort: 15678 } }, { context, namespace: { name: "cats" } });
  expect(debugAddress).toBe(`kubectl ${words} --namespace cats port-forward deployment/api 15678:5678`);
});

test("the command names a StatefulSet where the service is one", async () => {
  let made: Service | undefined;
  await onKubernetes(engine, (platform, opts) => {
    const mounts = [{ volume: platform.volume("data", {}, opts), path: "/data" }];
    made = platform.service("api", aServiceSpec({ container: { image: "a", mounts }, debug: { port: 5678 } }), opts);
  });
  expect(containerOf(engine, STATEFUL_SET, "api").ports).toEqual([{ name: "debug", containerPort: 5678 }]);
  expect(made?.debugAddress).toContain(" port-forward statefulset/api ");
});

test("no Service and no policy leads there, whatever calls the service and however it is published", async () => {
  await onKubernetes(engine, (platform, opts) => {
    const api = platform.service("api", aServiceSpec({ publish: { port: 80, anyPort: true }, debug: { port: 5678 } }), opts);
    platform.job("load", aJobSpec({ container: { image: "a", env: { API: addressOf(api) } } }), opts);
  });
  const doors = [...engine.of(SERVICE).values(), ...engine.of(POLICY).values()];
  expect(doors.length).toBeGreaterThan(4);
  expect(JSON.stringify(doors)).not.toMatch(/5678|debug/);
  const into = [...engine.of(POLICY)].filter(([name]) => name.startsWith("api.from"));
  for (const [, { spec }] of into) expect(spec).toMatchObject({ ingress: [{ ports: [{ protocol: "TCP", port: 8000 }] }] });
});

test("nothing of it is there unless asked for", async () => {
  expect((await service({})).debugAddress).toBeUndefined();
  expect(containerOf(engine, DEPLOYMENT, "api")).not.toHaveProperty("ports");
});

test("a platform marked production has no debug ports", async () => {
  await expect(service({ debug: { port: 5678 } }, { production: true })).rejects.toThrow(
    'service "api": 1 invalid argument\n  debug: not available on a platform marked production (platform.production); remove it, or debug another stack',
  );
  await service({}, { production: true });
});

test("a folder of the host is refused for every workload, with the ways to do without", async () => {
  const container = { image: "a", mounts: [{ hostFolder: "/srv/models", path: "/models" }] };
  const said = (name: string) =>
    `  "${name}": mounts[0].hostFolder: not available on Kubernetes, whose Pod Security "restricted" forbids folders of a node; let a job put the files into a volume, or build them into the image`;
  const refusal = await refusalOf(engine, (platform, opts) => {
    platform.service("api", aServiceSpec({ container }), opts);
    platform.job("load", aJobSpec({ container }), opts);
    platform.gang("ring", aGangSpec({ container }), opts);
  });
  expect(refusal).toBe(["Kubernetes: 3 obstacles; nothing was changed", ...["api", "load", "ring"].map(said)].join("\n"));
});
