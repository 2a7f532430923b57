import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import type { EngineView } from "../../components/docker/engine-view.ts";
import { OWNER_LABEL, STACK_LABEL } from "../../components/docker/labels.ts";
import type { DockerPlatform } from "../../components/docker/platform.ts";
import type { StackRecord } from "../../components/docker/record.ts";
import { NO_WAITS } from "../../components/docker/waits.ts";
import { aContainer, aRecord, CONTAINER, onDocker, VOLUME } from "../support/docker.ts";
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

describe("what is declared at another place than before", () => {
  const types = (...above: string[]) => [...above, "mlstack:docker:Platform", "mlstack:docker:Volume", VOLUME];
  const volumes = (...above: string[]) => [{ name: "shop-data", labels: {}, place: { types: types(...above), name: "data" } }];
  const view = { volumes: [{ name: "shop-data", labels: {}, ours: true }] };
  const ask = (declare: (platform: DockerPlatform) => unknown, record: Partial<StackRecord>) =>
    onDocker(engine, declare, view, {}, NO_WAITS, record);
  class Shop extends pulumi.ComponentResource {
    constructor(opts: pulumi.ComponentResourceOptions) {
      super("shop:index:Shop", "shop", {}, opts);
    }
  }

  test("is an obstacle with both places and the remedy", async () => {
    await expect(
      ask((platform) => platform.volume("data", {}, { parent: new Shop({ parent: platform }) }), { volumes: volumes() }),
    ).rejects.toThrow(
      'volume "shop-data": was declared at mlstack:docker:Platform > mlstack:docker:Volume "data" and is now at mlstack:docker:Platform > shop:index:Shop > mlstack:docker:Volume "data"; ' +
        "give what has moved an alias of its old place (`aliases: [{ parent }]` or `[{ type }]`), or deploy once without it, which removes its data unless it is kept",
    );
    await expect(ask((platform) => platform.volume("data", {}, { parent: platform }), { volumes: volumes("a:b:C") })).rejects.toThrow(
      "was declared at a:b:C > mlstack:docker:Platform",
    );
  });

  test("is one for a container too", async () => {
    const place = { types: ["a:b:C", "mlstack:docker:Service", CONTAINER], name: "api-0" };
    await expect(
      ask((platform) => platform.service("api", aServiceSpec(), { parent: platform }), { containers: [aRecord({ place })] }),
    ).rejects.toThrow('container "shop-api-0": was declared at a:b:C > mlstack:docker:Service "api-0"');
  });

  test("is none at its place, nor where an alias leads to the old one", async () => {
    await ask((platform) => platform.volume("data", {}, { parent: platform }), { volumes: volumes() });
    await ask((platform) => platform.volume("data", {}, { parent: platform, aliases: [{ parent: pulumi.rootStackResource }] }), {
      volumes: volumes("a:b:C"),
    });
    const aliased = (platform: DockerPlatform) => new Shop({ parent: platform, aliases: [{ type: "shop:index:Old" }] });
    await ask((platform) => platform.volume("data", {}, { parent: aliased(platform) }), { volumes: volumes("shop:index:Old") });
  });
});
