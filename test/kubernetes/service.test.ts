import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import type { ClusterView } from "../../components/kubernetes/existing.ts";
import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { KubernetesSettings } from "../../components/kubernetes/settings.ts";
import type { Service, ServiceSpec } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { DEPLOYMENT, existing, OURS, onKubernetes, refusalOf, SERVICE, STATEFUL_SET, templateOf } from "../support/kubernetes.ts";
import { aServiceSpec } from "../support/specs.ts";

const BUDGET = "kubernetes:policy/v1:PodDisruptionBudget";
const SELECTOR = { "mlstack.dev/stack": OURS, "mlstack.dev/workload": "api" };

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

function service(changes: Partial<ServiceSpec> = {}, settings: KubernetesSettings = {}, view: Partial<ClusterView> = {}): Promise<Service> {
  return engine.run(() => {
    const platform = KubernetesPlatform.offline(settings, view);
    return platform.service("api", aServiceSpec(changes), { parent: platform });
  });
}

const known = (url: pulumi.Output<string> | undefined) => new Promise<string>((resolve) => url?.apply(resolve));

/** Asks for a service that mounts a volume. */
function mounting(access: "one-node" | "many-nodes", readOnly: boolean) {
  return onKubernetes(engine, (platform, opts) => {
    const mounts = [{ volume: platform.volume("data", { access }, opts), path: "/data", readOnly }];
    platform.service("api", aServiceSpec({ container: { image: "a", mounts } }), opts);
  });
}

test("a port for those who run the stack is no port of a node", async () => {
  const { url } = await service({ localPort: 8428 });
  expect(url).toBeUndefined();
  expect([...engine.of(SERVICE).keys()]).toEqual(["api", "api-replicas"]);
});

describe("replicas", () => {
  test("are a Deployment that brings new ones first, within the budget", async () => {
    await service({ replicas: 3, startBudget: "90s" });
    expect(engine.inputs(DEPLOYMENT, "api")).toMatchObject({
      metadata: {
        name: "api",
        namespace: "shop-test",
        annotations: {
          "pulumi.com/waitFor": expect.stringMatching(/^jsonpath=\{.metadata.annotations\['mlstack.dev\/declared'\]\}=[0-9a-f]{12}$/),
        },
      },
      spec: {
        replicas: 3,
        selector: { matchLabels: SELECTOR },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
        progressDeadlineSeconds: 90,
        revisionHistoryLimit: 3,
      },
    });
    expect(engine.of(STATEFUL_SET).size).toBe(0);
  });

  test("with devices leave before new ones come, one at a time: there are not twice as many", async () => {
    await service({ placement: { accelerator: { vendor: "nvidia", count: 1 } } });
    expect(engine.inputs(DEPLOYMENT, "api")["spec"]).toMatchObject({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } });
  });

  test("that write to storage of one node are a StatefulSet, which never has two at once, and no other to leave to", async () => {
    await mounting("one-node", false);
    expect(engine.of(DEPLOYMENT).size).toBe(0);
    expect(engine.inputs(STATEFUL_SET, "api")["spec"]).toMatchObject({
      replicas: 1,
      selector: { matchLabels: SELECTOR },
      serviceName: "api-replicas",
      podManagementPolicy: "Parallel",
    });
    const { terminationGracePeriodSeconds, containers } = templateOf(engine, STATEFUL_SET, "api").spec;
    expect(terminationGracePeriodSeconds).toBe(10);
    expect(containers[0]).not.toHaveProperty("lifecycle");
  });

  test.each([
    ["only read there", "one-node", true, [0, 1]],
    ["write where many nodes may", "many-nodes", false, [1, 0]],
  ] as const)("that %s are a Deployment or a StatefulSet by where they mount it", async (_, access, readOnly, expected) => {
    await mounting(access, readOnly);
    expect([engine.of(DEPLOYMENT).size, engine.of(STATEFUL_SET).size]).toEqual(expected);
  });

  test("from two on are on different nodes and zones where there are several, and maintenance stops only some", async () => {
    await service({ replicas: 2 }, { disruptionBudget: { maxUnavailable: 2 } });
    const constraint = { maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchLabels: SELECTOR } };
    expect(templateOf(engine, DEPLOYMENT, "api").spec.topologySpreadConstraints).toEqual([
      { ...constraint, topologyKey: "kubernetes.io/hostname" },
      { ...constraint, topologyKey: "topology.kubernetes.io/zone" },
    ]);
    expect(engine.inputs(BUDGET, "api")["spec"]).toEqual({
      maxUnavailable: 2,
      selector: { matchLabels: SELECTOR },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    });
  });

  test("one alone is made like several, so that further ones leave it as it is; a budget would hold up all maintenance", async () => {
    await service({ replicas: 1 });
    const alone = templateOf(engine, DEPLOYMENT, "api");
    expect(engine.of(BUDGET).size).toBe(0);
    await service({ replicas: 3 });
    expect(templateOf(engine, DEPLOYMENT, "api")).toEqual(alone);
  });
});

describe("addresses", () => {
  test("are the service's own, and one that has every replica; neither is waited for", async () => {
    const { address, port } = await service();
    expect([address, port]).toEqual(["api", 8000]);
    const ports = [{ name: "main", port: 8000 }];
    const annotations = { "pulumi.com/skipAwait": "true" };
    expect(engine.inputs(SERVICE, "api")).toMatchObject({ metadata: { name: "api", annotations } });
    expect(engine.inputs(SERVICE, "api")["spec"]).toEqual({ type: "ClusterIP", selector: SELECTOR, ports });
    expect(engine.inputs(SERVICE, "api-replicas")).toMatchObject({ metadata: { name: "api-replicas", annotations } });
    const spec = { clusterIP: "None", selector: SELECTOR, ports };
    expect(engine.inputs(SERVICE, "api-replicas")["spec"]).toEqual(spec);
    expect(engine.of(SERVICE).size).toBe(2);
  });

  test("of all replicas are absolute, since a load balancer has no search path", async () => {
    expect((await service()).replicasAddress).toBe("api-replicas.shop-test.svc.cluster.local");
    const settings = { namespace: { name: "ml" }, clusterDomain: "corp.example" };
    expect((await service({}, settings)).replicasAddress).toBe("api-replicas.ml.svc.corp.example");
  });
});

describe("a published service", () => {
  const outside = () => engine.inputs(SERVICE, "api-outside");
  const published = (port: number, expose: KubernetesSettings["expose"], view = {}, anyPort = false) =>
    service({ publish: { port, anyPort } }, { expose }, view);

  test("has a port of every node, the very one where nodes can open it", async () => {
    const { url } = await published(31234, { kind: "node-port", address: "ml.example.com" });
    expect(outside()).toMatchObject({ metadata: { annotations: { "pulumi.com/skipAwait": "true" } } });
    expect(outside()["spec"]).toEqual({
      type: "NodePort",
      selector: SELECTOR,
      ports: [{ name: "main", port: 31234, targetPort: 8000, nodePort: 31234 }],
    });
    expect(await known(url)).toBe("http://ml.example.com:31234");
  });

  test.each([29999, 32768])("leaves the node's port to the cluster where nodes cannot open port %i and any will do", async (port) => {
    const { url } = await published(port, { kind: "node-port" }, {}, true);
    expect(outside()["spec"]).toMatchObject({ ports: [{ name: "main", port, targetPort: 8000 }] });
    expect(JSON.stringify(outside())).not.toContain("nodePort");
    expect(await known(url)).toBe("http://<node>:31999");
  });

  test("is reached at the first node's address where none is given", async () => {
    expect(await known((await published(30000, { kind: "node-port" }, { nodeAddress: "10.0.0.7" })).url)).toBe("http://10.0.0.7:30000");
    expect(await known((await published(32767, { kind: "node-port" })).url)).toBe("http://<node>:32767");
  });

  test("has a load balancer with the cloud's annotations, whose address is waited for", async () => {
    const { url } = await published(80, { kind: "load-balancer", annotations: { "example.com/internal": "true" } });
    expect(outside()["metadata"]).toMatchObject({ annotations: { "example.com/internal": "true" } });
    expect(outside()["spec"]).toEqual({ type: "LoadBalancer", selector: SELECTOR, ports: [{ name: "main", port: 80, targetPort: 8000 }] });
    expect(await known(url)).toBe("http://203.0.113.7:80");
  });

  test("stays inside where nothing is exposed", async () => {
    expect((await published(80, { kind: "none" })).url).toBeUndefined();
    expect([...engine.of(SERVICE).keys()]).toEqual(["api", "api-replicas"]);
  });

  test("may have several replicas, unlike on one host", async () => {
    await service({ replicas: 2, publish: { port: 80, anyPort: true } });
    expect(engine.inputs(DEPLOYMENT, "api")["spec"]).toMatchObject({ replicas: 2 });
  });
});

describe("an existing object", () => {
  const ask = (view: Partial<ClusterView>) => refusalOf(engine, (p, opts) => p.service("api", aServiceSpec(), opts), {}, view);
  const said = (kind: string) =>
    `Kubernetes: 1 obstacle; nothing was changed\n  ${kind} "api": is in namespace "shop-test" already and belongs to something else; remove it, or choose another namespace`;

  test("is taken up again where it is ours", async () => expect(await ask(existing("Deployment", "api"))).toBe(""));

  test.each(["Deployment", "Service"])("is never taken over where the %s belongs to something else", async (kind) => {
    expect(await ask(existing(kind, "api", { labels: {} }))).toBe(said(kind));
    expect(await ask(existing(kind, "api", { labels: { "mlstack.dev/stack": "shop.prod" } }))).toBe(said(kind));
  });
});

describe("a service that writes to a volume of one node", () => {
  const writing = (name: string, replicas: number) =>
    onKubernetes(engine, (platform, opts) => {
      const mounts = [{ volume: platform.volume("data", {}, opts), path: "/data" }];
      platform.service(name, aServiceSpec({ replicas, container: { image: "a", mounts } }), opts);
    });

  test("has one replica, or is refused with the ways out", async () => {
    await expect(writing("store", 2)).rejects.toThrow(
      'replicas: not available on Kubernetes with 2 replicas that mount a volume of one node; give the volume access "many-nodes", or set replicas to 1',
    );
  });

  test("has a name that leaves room for its pods' revision", async () => {
    await expect(writing("s".repeat(53), 1)).rejects.toThrow("must be at most 52 characters, got 53");
    await writing("s".repeat(52), 1);
  });
});
