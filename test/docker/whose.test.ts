import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import type { EngineView } from "../../components/docker/engine-view.ts";
import { OWNER_LABEL, STACK_LABEL } from "../../components/docker/labels.ts";
import type { StackRecord } from "../../components/docker/record.ts";
import { NO_WAITS } from "../../components/docker/waits.ts";
import { aContainer, onDocker, VOLUME } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const stack = { [STACK_LABEL]: "shop/test" };
const another = { labels: { ...stack, [OWNER_LABEL]: "another" }, ours: false };

describe("names that something else has on the engine", () => {
  afterEach(() => vi.unstubAllEnvs());
  const ask = (view: Partial<EngineView>, keep = false, record: Partial<StackRecord> = {}) =>
    onDocker(
      engine,
      (platform, opts) => {
        platform.volume("data", { keep }, opts);
        platform.service("api", aServiceSpec({ replicas: 2 }), opts);
      },
      view,
      {},
      NO_WAITS,
      record,
    );
  const volume = (changes: object) => ({ volumes: [{ name: "shop-data", labels: {}, ours: false, ...changes }] });

  test("are one obstacle, with whose they are and the remedy", async () => {
    const containers = new Map([0, 1].map((index) => [`shop-api-${index}`, aContainer(another)]));
    const networks = [{ id: "n", name: "shop-network", subnets: [], ...another }];
    await expect(ask({ containers, networks, ...volume(another) })).rejects.toThrow(
      "Docker: 1 obstacle; nothing was changed\n  platform.prefix: names of this stack are taken on this engine by stack shop/test of another state: " +
        "containers shop-api-0, shop-api-1; network shop-network; volume shop-data; choose a prefix of your own " +
        "(`mlstack:platform: { kind: docker, prefix: NAME }`), or remove what is there; to take over data of your own, deploy once with MLSTACK_ADOPT=shop-data",
    );
  });

  test("are said to be something else's without a label", async () => {
    await expect(ask(volume({}))).rejects.toThrow("taken on this engine by something else: volume shop-data; choose");
  });

  test("are no obstacle where the stack has them itself", async () => {
    await ask({ containers: new Map([["shop-api-0", aContainer()]]), ...volume({ ours: true }) });
  });

  test("a volume that an earlier release kept is taken over; one that it did not mean to keep is not", async () => {
    await ask(volume({ labels: stack }), true);
    await expect(ask(volume({ labels: stack }))).rejects.toThrow("by stack shop/test of another state: volume shop-data");
    await expect(ask(volume(another), true)).rejects.toThrow("by stack shop/test of another state: volume shop-data");
  });

  test("a volume is taken over when it is named", async () => {
    vi.stubEnv("MLSTACK_ADOPT", "shop-other,shop-data");
    await ask(volume(another));
    vi.stubEnv("MLSTACK_ADOPT", "shop-other");
    await expect(ask(volume(another))).rejects.toThrow("volume shop-data");
  });

  test("a volume that keeps the name of a former prefix asks for no other", async () => {
    const place = { types: ["mlstack:docker:Volume", VOLUME], name: "data" };
    const own = { name: "old-data", labels: {}, ours: true };
    await ask({ volumes: [own, { name: "shop-data", labels: {}, ours: false }] }, false, {
      volumes: [{ name: "old-data", labels: {}, place }],
    });
  });
});
