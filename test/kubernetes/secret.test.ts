import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";

import { type ChildOptions, type Platform, secretValue } from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { DEPLOYMENT, JOB, onKubernetes, refusalOf, SECRET, templateOf } from "../support/kubernetes.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

const CANARY = "canary-7f3a9c";
const { specialSigKey, specialSecretSig } = pulumi.runtime;

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

/** `type name` of every resource in whose inputs the canary sings, in plain text or in base64. */
function singing(): string[] {
  const songs = [CANARY, ...["", "x", "xx"].map((before) => inside(Buffer.from(`${before}${CANARY}`).toString("base64"), before.length))];
  return engine.resources
    .filter(({ inputs }) => songs.some((song) => JSON.stringify(inputs).includes(song)))
    .map(({ type, name }) => `${type} ${name}`);
}

/** The part of a base64 text that is the same whatever is around it. */
function inside(base64: string, before: number): string {
  return base64.slice(before === 0 ? 0 : 4, Math.floor(base64.length / 4) * 4 - 4);
}

describe("a secret's value", () => {
  const everywhere = (value: pulumi.Input<string>) =>
    onKubernetes(engine, (platform, opts) => {
      const secret = platform.secret("redis", { values: { password: value } }, opts);
      const container = { image: "a", env: { PASSWORD: secretValue(secret, "password") } };
      platform.service("api", aServiceSpec({ container }), opts);
      platform.job("load", aJobSpec({ container }), opts);
      platform.gang("trainer", aGangSpec({ container }), opts);
    });

  test.each([
    ["plain", CANARY],
    ["an output", pulumi.output(CANARY)],
    ["secret", pulumi.secret(CANARY)],
  ])("is in its own object and nowhere else, where it is given %s", async (_, value) => {
    await everywhere(value);
    expect(singing()).toEqual([`${SECRET} redis`]);
    expect(templateOf(engine, DEPLOYMENT, "api").spec.containers[0]?.env).toEqual(
      templateOf(engine, JOB, "trainer").spec.containers[0]?.env,
    );
  });

  test("is secret to the engine, in an object that cannot change and whose name chance makes", async () => {
    await everywhere(CANARY);
    const { metadata, stringData, immutable } = engine.inputs(SECRET, "redis");
    expect(stringData).toEqual({ [specialSigKey]: specialSecretSig, value: { password: CANARY } });
    expect(immutable).toBe(true);
    expect(metadata).not.toHaveProperty("name");
    expect(JSON.stringify(metadata)).not.toContain(CANARY);
  });

  test("does not decide a run's hash", async () => {
    const hash = async (value: string) => {
      await everywhere(value);
      const { annotations } = engine.inputs(JOB, "load")["metadata"] as { annotations: Record<string, string> };
      return [annotations["mlstack.dev/run"], annotations["mlstack.dev/declared"]];
    };
    expect(await hash("one")).toEqual(await hash("two"));
  });
});

describe("the registry's password", () => {
  const settings = { registry: { address: "registry.example.com:5000/team", username: "me", password: CANARY } };

  test("is in the object that nodes pull with, secret, as they read it", async () => {
    await onKubernetes(engine, (platform, opts) => platform.service("api", aServiceSpec(), opts), settings);
    expect(singing()).toEqual([`${SECRET} registry`]);
    const { type, stringData, immutable } = engine.inputs(SECRET, "registry");
    expect([type, immutable]).toEqual(["kubernetes.io/dockerconfigjson", true]);
    const { value, ...mark } = stringData as { value: Record<string, string> };
    expect(mark).toEqual({ [specialSigKey]: specialSecretSig });
    const auth = Buffer.from(`me:${CANARY}`).toString("base64");
    expect(JSON.parse(value[".dockerconfigjson"] ?? "")).toEqual({ auths: { "registry.example.com:5000": { auth } } });
  });

  test("is in no object without a login", async () => {
    await onKubernetes(engine, () => {}, { registry: { address: "registry.example.com" } });
    expect(engine.of(SECRET).size).toBe(0);
  });
});

test("a variable that is a secret itself is refused: a pod would show it", async () => {
  const env = { TOKEN: pulumi.secret("hunter2") };
  const ask = (platform: Platform, opts: ChildOptions) => platform.job("load", aJobSpec({ container: { image: "shop:1", env } }), opts);
  expect(await refusalOf(engine, ask)).toContain('variable "TOKEN" is a secret, which a pod would show');
});
