import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";

import { FeastStore } from "../../components/feast-store.ts";
import { FeatureStack } from "../../components/feature-stack.ts";
import { ServingStack } from "../../components/serving-stack.ts";
import { TrainingCluster } from "../../components/training-cluster.ts";
import type * as w from "../../components/workload/index.ts";
import { MockEngine } from "../support/engine.ts";
import { FakePlatform } from "../support/fake-platform.ts";

/** Read nothing of what they mount: they only say where the files are. */
const NO_READERS = ["feast-true-registry", "feast-false-registry"];

let platform: FakePlatform;
beforeAll(async () => {
  const engine = await MockEngine.start();
  platform = new FakePlatform();
  const images = { redis: "r", features: "f", api: "a", gateway: "g" };
  await engine.run(() => {
    for (const backend of ["redis", "parquet"] as const) {
      const features = new FeatureStack(`features-${backend}`, { platform, images, backend });
      new TrainingCluster(`trainer-${backend}`, { platform, image: "t", features });
    }
    for (const online of [true, false]) {
      const feast = new FeastStore(`feast-${online}`, { platform, images: { redis: "r", feast: "f" }, online });
      new ServingStack(`api-${online}`, { platform, image: "s", gateway: "g", feast });
    }
    const server = { volumes: { models: { path: "/models", readOnly: true } } };
    new ServingStack("classifier", { platform, image: "s", gateway: "g", server, prepare: { command: ["train"] } });
  });
});

type Work = { container: { mounts?: w.Mount[] | undefined }; inputs?: Record<string, pulumi.Input<string>> };

const work = () =>
  platform.requests.filter(({ kind }) => ["service", "job", "gang"].includes(kind)) as { kind: string; name: string; spec: Work }[];
const known = (input: pulumi.Input<string>) => new Promise<string>((resolve) => pulumi.output(input).apply(resolve));
const volumes = ({ container }: Work, readOnly: boolean) =>
  (container.mounts ?? []).flatMap((mount) => ("volume" in mount && (mount.readOnly === true) === readOnly ? [mount.volume.name] : []));

test("everything that reads what a job has written is renewed when the job runs again", async () => {
  const written = new Map(
    work().flatMap(({ kind, name, spec }) => (kind === "job" ? volumes(spec, false).map((volume) => [volume, name] as const) : [])),
  );
  const seen: string[] = [];
  for (const { name, spec } of work()) {
    const inputs = await Promise.all(Object.values(spec.inputs ?? {}).map(known));
    for (const volume of volumes(spec, true)) {
      const writer = written.get(volume);
      if (writer === undefined || NO_READERS.includes(name)) continue;
      expect([name, inputs]).toEqual([name, expect.arrayContaining([`fingerprint-of-${writer}`])]);
      seen.push(`${name} ← ${writer}`);
    }
  }
  expect(seen.sort()).toEqual([
    "api-false ← feast-false-build",
    "api-true ← feast-true-build",
    "classifier ← classifier-prepare",
    "feast-true-materialize ← feast-true-build",
    "features-parquet-api ← features-parquet-build",
    "features-redis-api ← features-redis-build",
    "features-redis-loader ← features-redis-build",
    "trainer-parquet ← features-parquet-build",
    "trainer-redis ← features-redis-build",
  ]);
});
