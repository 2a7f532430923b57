import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";

import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import { Admission, parse, strict } from "../../components/workload/adapter/index.ts";
import { aDockerPlatform } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aServiceSpec } from "../support/specs.ts";

const foreign = { metadata: { name: "shop-test" } };

let engine: MockEngine;
beforeEach(async () => {
  engine = await MockEngine.start();
});

/** What the engine was asked to register, components included, but for the stack itself. */
const registered = () => engine.resources.map(({ type, name }) => `${type} ${name}`);

describe.each([
  [
    "Docker",
    () => aDockerPlatform(),
    () => aDockerPlatform({ networks: [{ id: "n1", name: "shop-network", subnets: [], labels: {}, ours: false }] }),
  ],
  ["Kubernetes", () => KubernetesPlatform.offline(), () => KubernetesPlatform.offline({}, { namespace: foreign })],
])("on %s", (target, good, occupied) => {
  test("a program whose parts are all admitted is registered, and knows it", async () => {
    await engine.run(async () => {
      const platform = good();
      platform.service("web", aServiceSpec(), { parent: platform });
      await expect(platform.admitted()).resolves.toBeUndefined();
    });
    expect(registered()).toContain(`mlstack:${target.toLowerCase()}:Service web`);
  });

  test("every obstacle is one ordinary rejection, and nothing is registered", async () => {
    const run = engine.run(async () => {
      const platform = occupied();
      platform.service("web", aServiceSpec({ container: { image: "shop:1" } }), { parent: platform });
      await platform.admitted();
    });
    await expect(run).rejects.toThrow(new RegExp(`^${target}: 1 obstacle; nothing was changed\n`));
    expect(registered()).toEqual([]);
  });

  test("a mistake in one spec leaves nothing registered, not even what was declared before", async () => {
    const run = engine.run(() => {
      const platform = good();
      platform.volume("data", {}, { parent: platform });
      platform.service("web", aServiceSpec({ replicas: 0 }), { parent: platform });
    });
    await expect(run).rejects.toThrow('service "web": 1 invalid argument\n  replicas: must be at least 1, got 0');
    expect(registered()).toEqual([]);
  });

  test("a component's mistakes abandon the platform that it names", async () => {
    const schema = strict({ platform: z.unknown(), replicas: z.int() });
    const run = engine.run(() => {
      const platform = good();
      platform.volume("data", {}, { parent: platform });
      parse({ kind: "FeatureStack", name: "features", platform }, schema, { platform, replicas: 1.5 });
    });
    await expect(run).rejects.toThrow('FeatureStack "features": 1 invalid argument\n  replicas: must be a whole number, got 1.5');
    expect(registered()).toEqual([]);
  });

  test("a program that fails by itself is abandoned, and `admitted` rejects with its very error", async () => {
    const failure = new Error("no such model");
    const run = engine.run(async () => {
      const platform = good();
      platform.volume("data", {}, { parent: platform });
      platform.abandon(failure);
      await platform.admitted();
    });
    await expect(run).rejects.toBe(failure);
    expect(registered()).toEqual([]);
  });

  test("a former name is passed on", async () => {
    await engine.run(() => {
      const platform = good();
      platform.volume("data", {}, { parent: platform, aliases: [{ name: "files" }] });
    });
    expect(engine.options(`mlstack:${target.toLowerCase()}:Volume`, "data").aliases).toEqual(["files"]);
  });
});

describe("admission", () => {
  const obstacle = (path: string) => ({ path, message: "is taken" });

  test("reports the obstacles of all checks, quick and slow, in the order they were required", async () => {
    const admission = new Admission("Docker");
    admission.require(new Promise((resolve) => setImmediate(() => setImmediate(() => resolve(obstacle("slow"))))));
    admission.require(undefined);
    admission.require(obstacle("quick"));
    await expect(admission.admitted()).rejects.toThrow("Docker: 2 obstacles; nothing was changed\n  slow: is taken\n  quick: is taken");
  });

  test("checks what is declared after an await of the program in a round of its own", async () => {
    const admission = new Admission("Docker");
    admission.require(undefined);
    await admission.admitted();
    admission.require(obstacle("late"));
    await expect(admission.admitted()).rejects.toThrow("late: is taken");
    await expect(admission.gate).rejects.toThrow("late: is taken");
  });

  test("closes every later gate once something was refused", async () => {
    const admission = new Admission("Docker");
    admission.require(obstacle("first"));
    await expect(admission.admitted()).rejects.toThrow("first: is taken");
    await expect(admission.gate).rejects.toThrow("first: is taken");
  });

  test("looks once more at what is to stay up, when every promise is kept", async () => {
    const admission = new Admission("Docker");
    const seen: string[] = [];
    admission.keep(new Promise<void>((resolve) => setImmediate(resolve)).then(() => seen.push("kept")));
    admission.lookAgain(async () => {
      seen.push("looked again");
      throw new Error("it has ended meanwhile");
    });
    await expect(admission.kept()).rejects.toThrow("it has ended meanwhile");
    expect(seen).toEqual(["kept", "looked again"]);
  });

  test("keeps a refusal's words, whatever the SDK wants to put in front", async () => {
    const admission = new Admission("Docker");
    admission.require(obstacle("port"));
    const error: unknown = await admission.admitted().catch((reason: unknown) => reason);
    if (!(error instanceof pulumi.RunError)) throw new Error("no RunError");
    const { message } = error;
    error.message = `error serializing property "name": ${message}`;
    expect(error.message).toBe(message);
  });
});
