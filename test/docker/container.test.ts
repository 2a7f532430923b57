import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";

import { addressOf, endpointOf, secretValue, urlOf } from "../../components/workload/index.ts";
import { CONTAINER, onDocker } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aGangSpec, aJobSpec, aSecret, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

test("resolves references: a secret by value, a service by name", async () => {
  await onDocker(engine, (platform, opts) => {
    const secret = platform.secret("redis", { values: { password: "hunter2" } }, opts);
    const redis = platform.service("redis", aServiceSpec({ port: 6379 }), opts);
    const env = { B: addressOf(redis), A: secretValue(secret, "password") };
    platform.service("api", aServiceSpec({ container: { image: "a", env } }), opts);
  });
  const { specialSigKey, specialSecretSig } = pulumi.runtime;
  expect(engine.inputs(CONTAINER, "api-0")["envs"]).toEqual({ [specialSigKey]: specialSecretSig, value: ["A=hunter2", "B=redis"] });
});

test("renders where a service is reached: host, endpoint and URL", async () => {
  await onDocker(engine, (platform, opts) => {
    const feast = platform.service("feast", aServiceSpec({ port: 6570 }), opts);
    const env = { A: addressOf(feast), B: endpointOf(feast), C: urlOf(feast), D: urlOf(feast, { scheme: "http", path: "/api/2.0" }) };
    platform.service("api", aServiceSpec({ container: { image: "a", env } }), opts);
  });
  expect(engine.inputs(CONTAINER, "api-0")["envs"]).toEqual([
    "A=feast",
    "B=feast:6570",
    "C=http://feast:6570",
    "D=http://feast:6570/api/2.0",
  ]);
});

test("refuses a key that a secret does not have, and names those it has", async () => {
  const ask = onDocker(engine, (platform, opts) => {
    const secret = platform.secret("redis", { values: { password: "hunter2", user: "app" } }, opts);
    platform.service("api", aServiceSpec({ container: { image: "a", env: { KEY: secretValue(secret, "pasword") } } }), opts);
  });
  await expect(ask).rejects.toThrow('secret "redis" has no key "pasword"; its keys are password, user');
});

test.each([
  ["secret", () => aSecret("elsewhere")],
  ["configFiles", () => ({ kind: "configFiles" as const, name: "elsewhere", resource: Object.create(pulumi.Resource.prototype) })],
])("refuses a %s of another platform", async (kind, foreign) => {
  const handle = foreign();
  const ask = onDocker(engine, (platform, opts) => {
    const container =
      handle.kind === "secret"
        ? { image: "a", env: { KEY: secretValue(handle, "k") } }
        : { image: "a", mounts: [{ files: handle, path: "/etc/a" }] };
    platform.service("api", aServiceSpec({ container }), opts);
  });
  await expect(ask).rejects.toThrow(`${kind} "elsewhere" is not of this platform; declare it on the platform that uses it`);
});

test("is replaced for every change that the provider would ignore; a job's only for one that decides whether it runs", async () => {
  await onDocker(engine, (platform, opts) => {
    platform.service("api", aServiceSpec(), opts);
    platform.job("load", aJobSpec(), opts);
  });
  const ignored = ["cpuPeriod", "cpuQuota", "healthcheck", "init", "mounts", "tmpfs"];
  expect(engine.options(CONTAINER, "api-0")).toMatchObject({ replaceOnChanges: ignored, deleteBeforeReplace: true });
  expect(engine.options(CONTAINER, "load")).toMatchObject({ replaceOnChanges: ["mounts"], deleteBeforeReplace: true });
});

test("locks memory, has large stacks and knows further names where it is asked to", async () => {
  await onDocker(engine, (platform, opts) => {
    const resources = { lockedMemory: "unlimited" as const, stack: "64Mi" as const };
    const hosts = { "host.docker.internal": "host", "db.internal": "10.2.0.7" };
    platform.gang("ring", aGangSpec({ container: { image: "a", resources, hosts } }), opts);
    platform.service("api", aServiceSpec(), opts);
  });
  expect(engine.inputs(CONTAINER, "ring-1")).toMatchObject({
    ulimits: [
      { name: "nproc", soft: 4096, hard: 4096 },
      { name: "memlock", soft: -1, hard: -1 },
      { name: "stack", soft: 64 * 1024 ** 2, hard: 64 * 1024 ** 2 },
    ],
    hosts: [
      { host: "db.internal", ip: "10.2.0.7" },
      { host: "host.docker.internal", ip: "host-gateway" },
    ],
  });
  const plain = engine.inputs(CONTAINER, "api-0");
  expect([plain["ulimits"], plain["hosts"], plain["dns"]]).toEqual([[{ name: "nproc", soft: 4096, hard: 4096 }], undefined, undefined]);
});

test.each([
  [{ hosts: { "DB.internal": "10.2.0.7" } }, "must be a host name in lower case"],
  [{ hosts: { db: "gateway" } }, 'container.hosts.db: must be an address such as "10.2.0.7", or "host"'],
  [{ resources: { lockedMemory: "all" } }, 'container.resources.lockedMemory: must be "unlimited" or a size'],
])("refuses %j", async (wrong, message) => {
  const ask = onDocker(engine, (platform, opts) => {
    platform.service("api", aServiceSpec({ container: { image: "a", ...(wrong as object) } }), opts);
  });
  await expect(ask).rejects.toThrow(message);
});
