import { describe, expect, test } from "vitest";

import { canReach, type NetworkPolicy, type Pod } from "../support/reachability.ts";

const api: Pod = { namespace: "shop", labels: { app: "api" } };
const redis: Pod = { namespace: "shop", labels: { app: "redis" } };
const stranger: Pod = { namespace: "other", labels: { app: "api" }, namespaceLabels: { team: "other" } };

function policy(spec: NetworkPolicy["spec"], namespace = "shop"): NetworkPolicy {
  return { metadata: { namespace }, spec };
}

const forRedis = { podSelector: { matchLabels: { app: "redis" } }, policyTypes: ["Ingress"] };
const fromApi = { from: [{ podSelector: { matchLabels: { app: "api" } } }] };
const denyAll = policy({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
const apiToRedis = policy({ ...forRedis, ingress: [fromApi] });

describe("a pod that no policy selects is open", () => {
  test("without any policy", () => {
    expect(canReach([], api, redis, 6379)).toBe(true);
    expect(canReach([], "outside", redis, 6379)).toBe(true);
    expect(canReach([], redis, "outside", 443)).toBe(true);
  });

  test("to a policy on other pods", () => expect(canReach([apiToRedis], redis, api, 8000)).toBe(true));

  test("to a policy of another namespace", () => expect(canReach([policy({ podSelector: {} }, "other")], api, redis, 6379)).toBe(true));

  test("in the direction that no policy is about", () => {
    const denyIngress = policy({ podSelector: {}, policyTypes: ["Ingress"] });
    expect(canReach([denyIngress], redis, "outside", 443)).toBe(true);
    expect(canReach([denyIngress], "outside", redis, 443)).toBe(false);
  });
});

describe("policy types", () => {
  const outward = { to: [{ podSelector: { matchLabels: { app: "redis" } } }] };

  test.each([
    { title: "default to ingress", spec: { podSelector: {} }, ingress: false, egress: true },
    { title: "default to both with egress rules", spec: { podSelector: {}, egress: [outward] }, ingress: false, egress: false },
    { title: "both without rules deny all", spec: denyAll.spec, ingress: false, egress: false },
    { title: "egress only leaves ingress open", spec: { podSelector: {}, policyTypes: ["Egress"] }, ingress: true, egress: false },
    {
      title: "rules of a direction that is not named do nothing",
      spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}], egress: [] },
      ingress: true,
      egress: true,
    },
  ])("$title", ({ spec, ingress, egress }) => {
    expect(canReach([policy(spec)], "outside", api, 80)).toBe(ingress);
    expect(canReach([policy(spec)], api, "outside", 80)).toBe(egress);
  });
});

describe("policies add up", () => {
  test("one that allows is enough", () => {
    expect(canReach([denyAll, apiToRedis], api, redis, 6379)).toBe(false); // api may not send
    const apiMaySend = policy({ podSelector: { matchLabels: { app: "api" } }, policyTypes: ["Egress"], egress: [{}] });
    expect(canReach([denyAll, apiToRedis, apiMaySend], api, redis, 6379)).toBe(true);
    expect(canReach([denyAll, apiMaySend], api, redis, 6379)).toBe(false); // redis may not receive
  });

  test("one rule of several is enough", () => {
    const ports = policy({ ...forRedis, ingress: [{ ports: [{ port: 1 }] }, { ports: [{ port: 2 }] }] });
    expect([1, 2, 3].map((port) => canReach([ports], api, redis, port))).toEqual([true, true, false]);
  });

  test("a peer of one rule does not lend itself to the ports of another", () => {
    const mixed = policy({
      ...forRedis,
      ingress: [
        { ...fromApi, ports: [{ port: 1 }] },
        { from: [{ namespaceSelector: {} }], ports: [{ port: 2 }] },
      ],
    });
    expect([1, 2].map((port) => canReach([mixed], redis, redis, port))).toEqual([false, true]);
  });
});

describe("peers", () => {
  function from(...peers: object[]): NetworkPolicy[] {
    return [policy({ ...forRedis, ingress: [{ from: peers }] })];
  }
  const everywhere = { cidr: "0.0.0.0/0" };

  test.each([
    { title: "missing: everybody", policies: [policy({ ...forRedis, ingress: [{}] })], own: true, other: true, outside: true },
    { title: "empty: everybody", policies: from(), own: true, other: true, outside: true },
    { title: "all pods: of the policy's namespace", policies: from({ podSelector: {} }), own: true, other: false, outside: false },
    { title: "pods by label", policies: from(fromApi.from[0] ?? {}), own: true, other: false, outside: false },
    {
      title: "pods by another label",
      policies: from({ podSelector: { matchLabels: { app: "cron" } } }),
      own: false,
      other: false,
      outside: false,
    },
    {
      title: "pods by labels that must all hold",
      policies: from({ podSelector: { matchLabels: { app: "api", tier: "1" } } }),
      own: false,
      other: false,
      outside: false,
    },
    { title: "all namespaces: all pods", policies: from({ namespaceSelector: {} }), own: true, other: true, outside: false },
    {
      title: "namespaces by label",
      policies: from({ namespaceSelector: { matchLabels: { team: "other" } } }),
      own: false,
      other: true,
      outside: false,
    },
    {
      title: "namespaces by the name that all carry",
      policies: from({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "shop" } } }),
      own: true,
      other: false,
      outside: false,
    },
    {
      title: "namespace and pods in one peer: both must hold",
      policies: from({ namespaceSelector: { matchLabels: { team: "other" } }, podSelector: { matchLabels: { app: "cron" } } }),
      own: false,
      other: false,
      outside: false,
    },
    {
      title: "namespace and pods in two peers: either",
      policies: from({ namespaceSelector: { matchLabels: { team: "other" } } }, { podSelector: { matchLabels: { app: "api" } } }),
      own: true,
      other: true,
      outside: false,
    },
    { title: "all addresses: pods have some as well", policies: from({ ipBlock: everywhere }), own: true, other: true, outside: true },
    {
      title: "all addresses but the cluster's",
      policies: from({ ipBlock: { ...everywhere, except: ["10.0.0.0/8"] } }),
      own: false,
      other: false,
      outside: true,
    },
  ])("$title", ({ policies, own, other, outside }) => {
    expect([api, stranger, "outside" as const].map((end) => canReach(policies, end, redis, 6379))).toEqual([own, other, outside]);
  });

  test("of egress mean the receiver, and the sender's namespace", () => {
    const outward = [
      policy({ podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [{ podSelector: { matchLabels: { app: "api" } } }] }] }),
    ];
    expect([api, redis, stranger, "outside" as const].map((end) => canReach(outward, redis, end, 80))).toEqual([true, false, false, false]);
    const anywhere = [policy({ podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [{ ipBlock: everywhere }] }] })];
    expect(canReach(anywhere, redis, "outside", 443)).toBe(true);
  });
});

describe("ports", () => {
  function open(...ports: object[]): NetworkPolicy[] {
    return [policy({ ...forRedis, ingress: [{ ports }] })];
  }

  test.each([
    { title: "empty: all", policies: open(), port: 6379, protocol: "UDP", reached: true },
    { title: "the very port", policies: open({ protocol: "TCP", port: 6379 }), port: 6379, protocol: "TCP", reached: true },
    { title: "another port", policies: open({ protocol: "TCP", port: 6379 }), port: 6380, protocol: "TCP", reached: false },
    { title: "TCP by default", policies: open({ port: 53 }), port: 53, protocol: "UDP", reached: false },
    { title: "another protocol", policies: open({ protocol: "UDP", port: 53 }), port: 53, protocol: "UDP", reached: true },
    { title: "a protocol without a port: all of it", policies: open({ protocol: "UDP" }), port: 9, protocol: "UDP", reached: true },
    { title: "first of a range", policies: open({ port: 100, endPort: 200 }), port: 100, protocol: "TCP", reached: true },
    { title: "last of a range", policies: open({ port: 100, endPort: 200 }), port: 200, protocol: "TCP", reached: true },
    { title: "beyond a range", policies: open({ port: 100, endPort: 200 }), port: 201, protocol: "TCP", reached: false },
    { title: "before a range", policies: open({ port: 100, endPort: 200 }), port: 99, protocol: "TCP", reached: false },
  ])("$title", ({ policies, port, protocol, reached }) => expect(canReach(policies, api, redis, port, protocol)).toBe(reached));

  test("are the receiver's for egress as well", () => {
    const dns = [policy({ podSelector: {}, policyTypes: ["Egress"], egress: [{ ports: [{ protocol: "UDP", port: 53 }] }] })];
    expect(canReach(dns, api, "outside", 53, "UDP")).toBe(true);
    expect(canReach(dns, api, "outside", 53)).toBe(false);
  });
});

test.each([
  { title: "a named port", rule: { ports: [{ port: "redis" }] } },
  { title: "a range of addresses", rule: { from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] } },
  { title: "an expression", rule: { from: [{ podSelector: { matchExpressions: [{ key: "app", operator: "Exists" }] } }] } },
  { title: "a peer that names no pods", rule: { from: [{}] } },
])("does not guess about $title", ({ rule }) => {
  expect(() => canReach([policy({ ...forRedis, ingress: [rule] })], api, redis, 6379)).toThrow(/cannot judge|must name/);
});
