import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import { FeatureStack } from "../../components/feature-stack.ts";
import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import { TrainingCluster } from "../../components/training-cluster.ts";
import { addressOf, type Gang, type Service } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { CRON_JOB, DEPLOYMENT, JOB, onKubernetes, POLICY, STATEFUL_SET, templateOf } from "../support/kubernetes.ts";
import { canReach, type NetworkPolicy, type Pod } from "../support/reachability.ts";
import { aGangSpec, aJobSpec, aServiceSpec, aTaskSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

/** Address of the cache for names that some clusters have on each node; neither a pod nor the outside. */
const NODE_CACHE = { cidr: "169.254.20.10/32" };

/** The policies as the API server would have them, without the one address that is no pod's. */
function policies(): NetworkPolicy[] {
  return [...engine.of(POLICY).values()].map((policy) => {
    const { metadata, spec } = policy as unknown as NetworkPolicy;
    const egress = spec.egress?.map(({ to = [], ...rest }) => {
      const others = to.filter(({ ipBlock }) => ipBlock?.cidr !== NODE_CACHE.cidr);
      expect(others.length, "an empty list would be everybody").toBeGreaterThan(0);
      return { ...rest, to: others };
    });
    return { metadata, spec: egress === undefined ? spec : { ...spec, egress } };
  });
}

/** Every workload that is registered, by name, as policies see its pods. */
function pods(): Record<string, Pod> {
  const workloads = engine.resources.filter(({ type }) => [CRON_JOB, DEPLOYMENT, JOB, STATEFUL_SET].includes(type));
  return Object.fromEntries(
    workloads.map(({ type, name, inputs }) => {
      const { namespace } = inputs["metadata"] as { namespace: string };
      return [name, { namespace, labels: templateOf(engine, type, name).metadata?.labels ?? {} }];
    }),
  );
}

const strangers = {
  dns: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
  stranger: { namespace: "other", labels: { "mlstack.dev/stack": "shop.test", "mlstack.dev/workload": "api" } },
  neighbour: { namespace: "shop-test", labels: { app: "something else" } },
  outside: "outside",
} as const;

/** All connections that can be opened, from and to the stack's pods, on any of these ports: `a > b:80`, `a > b:udp53`. */
function open(ports: readonly number[]): string[] {
  const [own, all] = [pods(), { ...pods(), ...strangers }];
  const given = policies();
  const wires = ports.flatMap((port) => [
    { port, protocol: "TCP", shown: `${port}` },
    { port, protocol: "UDP", shown: `udp${port}` },
  ]);
  return Object.entries(all)
    .flatMap(([from, a]) => Object.entries(all).map(([to, b]) => ({ from, to, a, b })))
    .filter(({ from, to }) => from in own || to in own)
    .flatMap(({ from, to, a, b }) =>
      wires.filter(({ port, protocol }) => canReach(given, a, b, port, protocol)).map(({ shown }) => `${from} > ${to}:${shown}`),
    )
    .sort();
}

/** Everybody may ask for the addresses of names. */
function resolving(...names: string[]): string[] {
  return names.flatMap((name) => [`${name} > dns:53`, `${name} > dns:udp53`]);
}

describe("of the whole system exactly those flows are open that its references imply", () => {
  const images = { redis: "redis:1", features: "features:1", api: "api:1", gateway: "gateway:1" };
  const ports = [53, 443, 6379, 8000, 8080, 8405, 29500, 40000];
  const system = (expose: "node-port" | "none") =>
    engine.run(() => {
      const platform = KubernetesPlatform.offline({ expose: { kind: expose } });
      const features = new FeatureStack("features", { platform, images });
      new TrainingCluster("trainer", { platform, image: "trainer:1", nodes: 2, features });
    });
  const inside = [
    "api > redis:6379",
    "gateway > api:8000",
    "loader > redis:6379",
    ...ports.flatMap((port) => [`trainer > trainer:${port}`, `trainer > trainer:udp${port}`]),
    ...resolving("api", "build", "gateway", "loader", "redis", "trainer"),
  ];

  test("and the gateway is open to all the world", async () => {
    await system("node-port");
    const world = Object.keys(strangers).map((from) => `${from} > gateway:8080`);
    expect(open(ports)).toEqual([...inside, ...world].sort());
  });

  test("and nothing is open to the world where nothing is exposed", async () => {
    await system("none");
    expect(open(ports)).toEqual(inside.toSorted());
  });

  test("and names may be asked of the cache on each node as well", async () => {
    await system("none");
    const [rule, ...others] = (engine.inputs(POLICY, "default-deny") as unknown as NetworkPolicy).spec.egress ?? [];
    expect(others).toEqual([]);
    expect(rule?.to).toContainEqual({ ipBlock: NODE_CACHE });
    const addresses = JSON.stringify([...engine.of(POLICY).values()]).match(/"cidr":"[^"]*"/g);
    expect(addresses).toEqual([`"cidr":"${NODE_CACHE.cidr}"`]);
  });
});

/** A workload of a random system: what it is, and which of the services before it it names in variables or calls. */
const node = fc.record({
  kind: fc.constantFrom("service", "service", "job", "gang", "task"),
  port: fc.integer({ min: 1, max: 3 }),
  published: fc.boolean(),
  named: fc.array(fc.nat({ max: 5 }), { maxLength: 3 }),
  called: fc.array(fc.nat({ max: 5 }), { maxLength: 3 }),
  further: fc.array(fc.record({ to: fc.nat({ max: 5 }), port: fc.integer({ min: 1, max: 3 }) }), { maxLength: 2 }),
});
type Node = typeof node extends fc.Arbitrary<infer N> ? N : never;

/** Asks for all of them; returns what their references imply. */
function ask(platform: KubernetesPlatform, opts: Parameters<KubernetesPlatform["service"]>[2], nodes: readonly Node[]): string[] {
  const services: Service[] = [];
  const all: (Service | Gang)[] = [];
  return nodes.flatMap(({ kind, port, published, named, called, further }, index) => {
    const name = `w${index}`;
    const of = (chosen: readonly number[]) => services.filter((_, place) => chosen.includes(place));
    const env = Object.fromEntries(of(named).map((service, place) => [`HOST_${place}`, addressOf(service)]));
    const ports = further.flatMap(({ to, port }) => (all[to] === undefined ? [] : [{ to: all[to], port }]));
    const container = { image: "a", env, calls: [...of(called), ...of(called), ...ports] };
    const flows = [...of(named), ...of(called)].map((service) => `${name} > ${service.name}:${service.port}`);
    flows.push(...ports.map(({ to, port }) => `${name} > ${to.name}:${port}`));
    if (kind === "job") platform.job(name, aJobSpec({ container }), opts);
    if (kind === "task") platform.task(name, aTaskSpec({ container }), opts);
    if (kind === "gang") {
      all.push(platform.gang(name, aGangSpec({ container, rendezvousPort: port }), opts));
      flows.push(...[1, 2, 3, 53].flatMap((each) => [`${name} > ${name}:${each}`, `${name} > ${name}:udp${each}`]));
    }
    if (kind === "service") {
      services.push(
        platform.service(name, aServiceSpec({ container, port, ...(published ? { publish: { port: 80, anyPort: true } } : {}) }), opts),
      );
      all.push(...services.slice(-1));
      if (published) flows.push(...Object.keys(strangers).map((from) => `${from} > ${name}:${port}`));
    }
    return [...new Set(flows), ...resolving(name)];
  });
}

test("of any system exactly those flows are open that its references imply", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 6 }), async (nodes) => {
      const implied: string[] = [];
      await onKubernetes(engine, (platform, opts) => implied.push(...ask(platform, opts, nodes)));
      expect(open([1, 2, 3, 53])).toEqual(implied.toSorted());
    }),
    { numRuns: 50 },
  );
});

test("a workload starts once its flows are open", async () => {
  await onKubernetes(engine, (platform, opts) => {
    const redis = platform.service("redis", aServiceSpec({ port: 6379 }), opts);
    const container = { image: "a", calls: [redis] };
    platform.service("api", aServiceSpec({ container, publish: { port: 80, anyPort: true } }), opts);
    platform.job("load", aJobSpec({ container }), opts);
    platform.gang("trainer", aGangSpec({ container }), opts);
  });
  const before = (...names: string[]) => expect.arrayContaining(names.map((name) => `${POLICY} ${name}`));
  expect(engine.options(DEPLOYMENT, "api").after).toEqual(before("api.calls", "redis.from.api", "api.from-outside"));
  expect(engine.options(JOB, "load").after).toEqual(before("load.calls", "redis.from.load"));
  expect(engine.options(JOB, "trainer").after).toEqual(before("trainer.calls", "redis.from.trainer", "trainer.members"));
});

test("a flow out of the cluster is open to the declared addresses and port only", async () => {
  await onKubernetes(engine, (platform, opts) => {
    const outside = [{ addresses: "10.2.0.7/32", port: 5432 }];
    platform.job("load", aJobSpec({ container: { image: "a", outside } }), opts);
  });
  expect(engine.inputs(POLICY, "load.calls")["spec"]).toMatchObject({
    policyTypes: ["Egress"],
    egress: [{ to: [{ ipBlock: { cidr: "10.2.0.7/32" } }], ports: [{ protocol: "TCP", port: 5432 }] }],
  });
});

test("both ends of a flow say its port and its other end, so that neither relies on the other", async () => {
  await onKubernetes(engine, (platform, opts) => {
    const redis = platform.service("redis", aServiceSpec({ port: 6379 }), opts);
    platform.job("load", aJobSpec({ container: { image: "a", calls: [redis] } }), opts);
  });
  const of = (workload: string) => ({
    podSelector: { matchLabels: { "mlstack.dev/stack": "shop.test", "mlstack.dev/workload": workload } },
  });
  const ports = [{ protocol: "TCP", port: 6379 }];
  expect(engine.inputs(POLICY, "load.calls")["spec"]).toEqual({
    ...of("load"),
    policyTypes: ["Egress"],
    egress: [{ to: [of("redis")], ports }],
  });
  expect(engine.inputs(POLICY, "redis.from.load")["spec"]).toEqual({
    ...of("redis"),
    policyTypes: ["Ingress"],
    ingress: [{ from: [of("load")], ports }],
  });
});
