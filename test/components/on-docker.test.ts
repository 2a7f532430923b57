import { describe, expect, test } from "vitest";

import { FeatureStack } from "../../components/feature-stack.ts";
import { TrainingCluster } from "../../components/training-cluster.ts";
import { aDockerPlatform } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";

const images = { redis: "redis:1", features: "features:1", api: "api:1", gateway: "gateway:1" };

describe.each([
  ["a deployment", false],
  ["a preview, whose outputs are not known yet", true],
])("in %s", (_, preview) => {
  test("the whole system is this tree", async () => {
    const engine = await MockEngine.start(preview);
    await engine.run(() => {
      const platform = aDockerPlatform();
      const features = new FeatureStack("features", { platform, images });
      new TrainingCluster("trainer", { platform, image: "trainer:1", nodes: 2, features });
    });
    const things = engine.resources.filter(({ type }) => type.startsWith("docker:"));
    expect(things.map(({ type, name }) => `${type.split(":")[2]} ${name}`).sort()).toEqual([
      "Container api-0",
      "Container api-1",
      "Container build",
      "Container gateway-0",
      expect.stringMatching(/^Container gateway-config-[0-9a-f]{8}$/),
      "Container loader",
      "Container redis-0",
      "Container trainer-0",
      "Container trainer-1",
      "Network shop-network",
      "RemoteImage carrier",
      "Volume features",
      expect.stringMatching(/^Volume gateway-config-[0-9a-f]{8}$/),
      "Volume redis",
      "Volume trainer-checkpoints",
    ]);
  });
});
