import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

import { known } from "../../policy/known.ts";
import type { Settings } from "../../policy/rule.ts";
import { type StackShown, settingsIn, stackRules } from "../../policy/stack-rules.ts";
import { type Workload, workloadIn } from "../../policy/workload.ts";
import { workloadRules } from "../../policy/workload-rules.ts";
import { ROOT } from "../../tools/lib/folders.ts";
import { onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { onKubernetes } from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

const GOOD: Workload = {
  title: "service api",
  count: 2,
  image: "registry.example.com/ml/api:1.4.0",
  cpu: 1000,
  memory: 2 * 1024 ** 3,
  gpus: 1,
  rights: [],
  openings: [],
  isRoot: false,
  loose: [],
  open: ["MODE"],
  nodes: { "topology.kubernetes.io/region": "eu-west-1" },
};
const REGIONS = { labels: { "topology.kubernetes.io/region": ["eu-west-1", "eu-north-1"] } };
const REGISTRIES = { registries: ["registry.example.com/ml"] };

/** Of each rule what it refuses, and what it admits besides a workload that is as it should be. */
const WORKLOADS: [rule: string, bad: Partial<Workload>, violation: RegExp, admitted: Partial<Workload>, settings?: Settings][] = [
  ["pinned-image", { image: "api:latest" }, /runs api:latest, which may be another/, { image: `api@sha256:${"a".repeat(64)}` }],
  ["pinned-image", { image: "api" }, /runs api, which may/, { image: undefined }],
  ["limits", { memory: 0, cpu: 0 }, /has no limit of memory and cpu; set resources\.memory/, { count: 0, memory: 0 }],
  ["limits", { cpu: 0 }, /has no limit of cpu; set resources\.cpu/, {}],
  ["non-root", { isRoot: true }, /may run as root/, { count: 0, isRoot: true }],
  ["least-privilege", { loose: ["is privileged"] }, /api is privileged/, {}],
  ["host-folder", { rights: ["writes /src of the host"] }, /writes \/src of the host/, { rights: ["reads /src of the host"] }],
  ["plain-secret", { open: ["DB_PASSWORD"] }, /has variable DB_PASSWORD with its value written openly/, { open: ["TOKENIZER", "KEY"] }],
  ["allowed-registries", { image: "nginx:1.27" }, /is from none of registry\.example\.com\/ml/, {}, REGISTRIES],
  ["allowed-registries", { image: "registry.example.com/mlops/api:1.0" }, /is from none of/, {}, REGISTRIES],
  [
    "allowed-registries",
    { image: "other/api:1.0" },
    /is from none of docker\.io\/shop/,
    { image: "shop/api:1.0" },
    { registries: ["docker.io/shop"] },
  ],
  ["regions", { nodes: {} }, /is bound to no value of topology/, { nodes: undefined }, REGIONS],
  ["regions", { nodes: { "topology.kubernetes.io/region": "us-east-1" } }, /is bound to "us-east-1" of/, {}, REGIONS],
];

test.each(WORKLOADS)("%s refuses, and admits (%#)", (name, bad, violation, admitted, settings = {}) => {
  const rule = workloadRules.find((one) => one.name === name);
  expect(rule?.check({ ...GOOD, ...bad }, settings)).toEqual([expect.stringMatching(violation)]);
  expect(rule?.check({ ...GOOD, ...admitted }, settings)).toEqual([]);
});

test("what needs a company's settings admits everything without them", () => {
  for (const rule of [...workloadRules.filter(({ settings }) => settings !== undefined)])
    expect(rule.check({ ...GOOD, image: "nginx:1.27", nodes: {} }, {})).toEqual([]);
});

const docker = (address: string) => ({ platform: { kind: "docker" }, features: { publish: { address } } });
const serving = (edge: object) => ({ platform: { kind: "kubernetes" }, serving: { api: { publish: {}, edge } } });
const STACKS: [rule: string, bad: Partial<StackShown>, violation: RegExp, admitted: Partial<StackShown>, settings?: Settings][] = [
  [
    "public-port",
    { settings: docker("0.0.0.0") },
    /^features is published to others without keys and tls; set features\.publish\.address/,
    { settings: docker("127.0.0.1") },
  ],
  [
    "public-port",
    { settings: serving({ keys: {} }) },
    /^serving\.api is published to others without tls; set serving\.api\.edge\.tls$/,
    { settings: serving({ keys: {}, tls: {} }) },
  ],
  [
    "keep-in-production",
    { settings: { platform: { production: true }, tracking: { keep: false } } },
    /^tracking\.keep is false in production/,
    { settings: { platform: { production: false }, tracking: { keep: false } } },
  ],
  [
    "plain-secret-setting",
    { settings: { serving: { api: { env: { API_KEY: "hunter2" } } } } },
    /^serving\.api\.env\.API_KEY is written openly; npm run pulumi -- config set --secret --path 'mlstack:serving\.api\.env\.API_KEY'$/,
    { settings: { serving: { api: { env: { API_KEY: "(secret)", MODE: "fast" } } } } },
  ],
  [
    "gpu-budget",
    { workloads: [GOOD, { ...GOOD, gpus: 0 }] },
    /asks for 2 GPUs, and its budget is 1;/,
    { workloads: [{ ...GOOD, count: 1 }] },
    { limit: 1 },
  ],
  ["memory-budget", { workloads: [GOOD, GOOD] }, /are 8\.0 GiB together, and its budget is 4 GiB/, { workloads: [GOOD] }, { limit: 4 }],
];

test.each(STACKS)("%s refuses a stack, and admits one (%#)", (name, bad, violation, admitted, settings = {}) => {
  const rule = stackRules.find((one) => one.name === name);
  const stack = { workloads: [], settings: undefined };
  expect(rule?.check({ ...stack, ...bad }, settings)).toEqual([expect.stringMatching(violation)]);
  expect(rule?.check({ ...stack, ...admitted }, settings)).toEqual([]);
  expect(rule?.check(stack, settings)).toEqual([]);
});

test("every rule is refused and admitted here, and documented, with its level and settings", () => {
  const page = readFileSync(join(ROOT, "docs", "policy.md"), "utf8");
  const tried = new Set([...WORKLOADS, ...STACKS].map(([name]) => name));
  for (const { name, level, settings = {} } of [...workloadRules, ...stackRules]) {
    expect(tried).toContain(name);
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
    expect(row).toContain(`| ${level} |`);
    for (const setting of Object.keys(settings)) expect(row).toContain(`\`${setting}\``);
  }
});

describe("what mlstack's own parts declare", () => {
  let engine: MockEngine;
  beforeAll(async () => {
    engine = await MockEngine.start();
  });
  const violations = (target: string) => {
    const urn = (type: string, name: string) => `urn:pulumi:test::shop::mlstack:${target}:Service$${type}::${name}`;
    const found = engine.resources.flatMap(
      ({ type, name, inputs }) => workloadIn({ type, name, urn: urn(type, name), inputs: known(inputs) }) ?? [],
    );
    expect(found.length).toBeGreaterThan(3);
    return found.flatMap((one) => workloadRules.flatMap((rule) => rule.check(one, {})));
  };
  const container = { image: "shop/api:1.4.0" };

  test("keeps every rule on Docker", async () => {
    await onDocker(engine, (platform, opts) => {
      platform.service("api", aServiceSpec({ container }), opts);
      platform.job("load", aJobSpec({ container }), opts);
      platform.gang("ring", aGangSpec({ container }), opts);
    });
    expect(violations("docker")).toEqual([]);
  });

  test("keeps every rule on Kubernetes", async () => {
    await onKubernetes(engine, (platform, opts) => {
      platform.service("api", aServiceSpec({ container }), opts);
      platform.job("load", aJobSpec({ container }), opts);
      platform.gang("ring", aGangSpec({ container }), opts);
      platform.task("train", { container }, opts);
    });
    expect(violations("kubernetes")).toEqual([]);
  });
});

test("what is not known yet is left out, and what is known stays", () => {
  const inputs = {
    image: "a",
    memory: 1,
    get unknown() {
      throw new Error("unknown value");
    },
    list: [{ a: 1 }, 2],
  };
  expect(known(inputs)).toEqual({ image: "a", memory: 1, list: [{ a: 1 }, 2] });
  expect(settingsIn([{ type: "mlstack:index:Deployed", name: "deployed", urn: "", inputs: { settings: { a: 1 } } }])).toEqual({ a: 1 });
});
