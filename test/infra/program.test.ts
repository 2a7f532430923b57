import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import { checkSettings } from "../../infra/check.ts";
import { mlStack } from "../../infra/ml-stack.ts";
import { unaskedModels } from "../../infra/models.ts";
import { type Declare, declareOn } from "../../infra/program.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { aContainer, aDockerPlatform } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

/** Settings of a stack with these parts, with every default filled in. */
function settingsOf(parts: Record<string, unknown>): StackSettings {
  const { settings, mistakes } = checkSettings(stackSettings, { platform: { kind: "docker" }, ...parts });
  if (settings === undefined) throw new Error(JSON.stringify(mistakes));
  return settings;
}

async function asked(parts: Record<string, unknown>, models = unaskedModels(settingsOf(parts))) {
  const platform = new FakePlatform();
  const settings = settingsOf(parts);
  const outputs = await engine.run(() => declareOn(platform, settings, (system) => mlStack(system, settings, models)));
  return { platform, outputs };
}

const services = (platform: FakePlatform) => platform.lines.filter((line) => line.startsWith("service "));
const images = (platform: FakePlatform) => platform.lines.filter((line) => line.startsWith("image "));

describe("a stack", () => {
  test("of one part has nothing of another", async () => {
    const { platform, outputs } = await asked({ training: { enabled: false } });
    expect(platform.lines).toEqual(["volume trainer-checkpoints"]);
    expect(Object.keys(outputs)).toEqual(["urls", "tryIt"]);
  });

  test("builds only the images that its parts use", async () => {
    expect(images((await asked({ features: {} })).platform)).toEqual([
      "image python",
      "image features",
      "image redis",
      "image feature-api",
      "image gateway",
    ]);
    expect(images((await asked({ features: { backend: "parquet" } })).platform)).not.toContain("image redis");
    expect(images((await asked({ training: { enabled: false } })).platform)).toEqual([]);
    expect(images((await asked({ training: {} })).platform)).toEqual(["image python", "image trainer"]);
  });

  test("trains on its features where it has any", async () => {
    const mounts = async (parts: Record<string, unknown>) => {
      const { container } = (await asked(parts)).platform.spec("gang", "trainer") as { container: { mounts: { path: string }[] } };
      return container.mounts.map(({ path }) => path);
    };
    expect(await mounts({ training: {}, features: {} })).toEqual(["/app/data/features", "/app/checkpoints"]);
    expect(await mounts({ training: {} })).toEqual(["/app/checkpoints"]);
  });

  test("builds the trainer on PyTorch with CUDA where it has devices", async () => {
    const args = async (training: object) => (await asked({ training })).platform.spec("image", "trainer");
    expect(await args({})).toMatchObject({ build: { args: { TORCH: "debian" } } });
    expect(await args({ accelerator: { vendor: "nvidia", count: 1 } })).toMatchObject({ build: { args: { TORCH: "pypi" } } });
  });

  test("runs an image in the place of a reference image", async () => {
    const { platform } = await asked({ features: {}, images: { "feature-api": "shop/api:1" } });
    expect(platform.spec("image", "feature-api")).toEqual({ reference: "shop/api:1" });
  });

  const registry = { tracking: {}, experiments: { model: "fraud" } };
  const served = { ...registry, serving: { api: { model: "fraud@production" } } };

  test("serves a registered model, and offers what trains it", async () => {
    const { platform, outputs } = await asked(served);
    expect(services(platform)).toEqual(["service mlflow", "service api", "service api-gateway"]);
    expect(Object.keys(outputs)).toEqual(["urls", "tryIt", "tasks", "models"]);
    expect(Object.keys(outputs["tasks"] as object)).toEqual(["train", "evaluate", "tune", "dev"]);
  });

  test("leaves out a model server whose model has no version yet, and keeps the rest", async () => {
    const { platform } = await asked(served, { api: undefined });
    expect(services(platform)).toEqual(["service mlflow"]);
  });

  test("lets a canary and a shadow of other versions take part", async () => {
    const shares = { canary: { model: "fraud/4", percent: 5 }, shadow: { model: "fraud/5", percent: 1 } };
    const { platform } = await asked({ ...registry, serving: { api: { model: "fraud/3", ...shares } } });
    expect(services(platform)).toEqual([
      "service mlflow",
      "service api",
      "service api-canary",
      "service api-shadow",
      "service api-gateway",
    ]);
  });

  test("answers questions about entities by its Feast store, from the image that can", async () => {
    const { platform } = await asked({ ...registry, feast: {}, serving: { api: { model: "fraud/3", feast: true } } });
    expect(images(platform)).toContain("image model-server-feast");
    expect(images(platform)).not.toContain("image model-server");
    expect(platform.spec("service", "api")).toMatchObject({ container: { env: { FEAST_ONLINE_ENABLED: "true" } } });
  });
});

describe("declaring", () => {
  const declare: Declare = ({ platform, root }) => {
    platform.volume("data", {}, root);
    return { done: true };
  };

  test("gives the outputs when the platform has admitted everything", async () => {
    const platform = new FakePlatform();
    const admitted = Promise.withResolvers<void>();
    platform.admitted = () => admitted.promise;
    const running = engine.run(() => declareOn(platform, settingsOf({ training: {} }), declare));
    admitted.resolve();
    expect(await running).toEqual({ done: true });
  });

  test("gives no outputs of a deployment whose promises are not kept", async () => {
    const platform = new FakePlatform();
    const broken = new pulumi.RunError('service "api" is not ready');
    platform.kept = () => Promise.reject(broken);
    await expect(engine.run(() => declareOn(platform, settingsOf({ training: {} }), declare))).rejects.toThrow(
      'service "api" is not ready',
    );
  });

  test("ends with the platform's refusal", async () => {
    const platform = new FakePlatform();
    const refusal = new pulumi.RunError("Docker: 1 obstacle; nothing was changed");
    platform.admitted = () => Promise.reject(refusal);
    await expect(engine.run(() => declareOn(platform, settingsOf({ training: {} }), declare))).rejects.toThrow("1 obstacle");
  });

  test("registers nothing, not even a component, of what the platform refuses", async () => {
    const settings = settingsOf({ features: {} });
    const taken = { containers: new Map([["other", aContainer({ ours: false, published: ["127.0.0.1:8000"] })]]) };
    const refused = engine.run(() => declareOn(aDockerPlatform(taken), settings, (system) => mlStack(system, settings, {})));
    await expect(refused).rejects.toThrow("127.0.0.1:8000 is taken");
    expect(engine.registrations).toEqual([]);
  });

  test("has the platform abandon what was declared before a mistake", async () => {
    const platform = new FakePlatform();
    const abandoned: Error[] = [];
    platform.abandon = (error) => void abandoned.push(error);
    const wrong: Declare = (system) => {
      declare(system);
      throw new pulumi.RunError("wrong");
    };
    await expect(engine.run(() => declareOn(platform, settingsOf({ training: {} }), wrong))).rejects.toThrow("wrong");
    expect(abandoned.map(({ message }) => message)).toEqual(["wrong"]);
  });
});
