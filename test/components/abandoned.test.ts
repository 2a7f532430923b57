import { beforeAll, expect, test } from "vitest";

import { Experiments, FeastStore, FeatureStack, Gateway, ServingStack, TrackingServer, TrainingCluster } from "../../components/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

// A program of its own may catch nothing and abandon nothing: the component that is given a mistake does.
test.each(Object.entries({ Experiments, FeastStore, FeatureStack, Gateway, ServingStack, TrackingServer, TrainingCluster }))(
  "a mistake in the arguments of %s abandons the platform",
  async (kind, Component) => {
    const platform = new FakePlatform();
    const abandoned: Error[] = [];
    platform.abandon = (error) => void abandoned.push(error);
    await expect(engine.run(() => new Component("x", { platform, unknown: true } as never))).rejects.toThrow(`${kind} "x"`);
    expect(abandoned.map(({ message }) => message)).toEqual([expect.stringContaining(`${kind} "x"`)]);
  },
);
