import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";

import type { ContainerDetail, EngineView } from "../../components/docker/engine-view.ts";
import { OWNER_LABEL, RENEWAL_LABEL, RETRY_LABEL, STACK_LABEL } from "../../components/docker/labels.ts";
import type { DockerPlatform } from "../../components/docker/platform.ts";
import type { StackRecord } from "../../components/docker/record.ts";
import { NO_WAITS } from "../../components/docker/waits.ts";
import { aContainer, aDetail, aRecord, CONTAINER, NETWORK, onDocker, STATE, VOLUME } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

/** What the program asks for when the engine has no longer what the last deployment made. */
let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

const under = (noun: string, type: string, name: string) => ({ types: ["mlstack:docker:Platform", `mlstack:docker:${noun}`, type], name });
const labels = (type: string, name: string) =>
  Object.fromEntries((engine.inputs(type, name)["labels"] as { label: string; value: string }[]).map(({ label, value }) => [label, value]));

type Ask = (platform: DockerPlatform, opts: { parent: pulumi.Resource }) => unknown;
const again = (ask: Ask, record: Partial<StackRecord>, view: Partial<EngineView> = {}) => onDocker(engine, ask, view, {}, NO_WAITS, record);

describe("a replica", () => {
  const api: Ask = (platform, opts) => platform.service("api", aServiceSpec(), opts);
  const known = (before: Record<string, string> = {}) => ({ containers: [aRecord({ labels: before })] });

  test("is made again, by a label, when it is gone, and again the next time", async () => {
    await again(api, known());
    expect(labels(CONTAINER, "api-0")).toMatchObject({ [RENEWAL_LABEL]: "1", [OWNER_LABEL]: STATE });
    await again(api, known({ [RENEWAL_LABEL]: "1" }));
    expect(labels(CONTAINER, "api-0")[RENEWAL_LABEL]).toBe("2");
  });

  test("keeps its label while it is there, and has none at first", async () => {
    const details = new Map([["0123456789abcdef", aDetail()]]);
    await again(api, known({ [RENEWAL_LABEL]: "1" }), { details });
    expect(labels(CONTAINER, "api-0")[RENEWAL_LABEL]).toBe("1");
    await again(api, known(), { details });
    expect(labels(CONTAINER, "api-0")).not.toHaveProperty(RENEWAL_LABEL);
    await again(api, {});
    expect(labels(CONTAINER, "api-0")).not.toHaveProperty(RENEWAL_LABEL);
  });
});

describe("a job that has succeeded", () => {
  const load: Ask = (platform, opts) => {
    const volume = platform.volume("data", {}, opts);
    platform.job("load", aJobSpec({ container: { image: "a", mounts: [{ volume, path: "/data" }] } }), opts);
  };
  const place = under("Job", CONTAINER, "load");
  const volumes = [{ name: "shop-data", labels: {}, place: under("Volume", VOLUME, "data") }];
  const there = { volumes: [{ name: "shop-data", labels: {}, ours: true }] };
  const done = (before: Record<string, string>, exitCode = 0) => aRecord({ place, name: "shop-load", labels: before, exitCode });

  test("is not run again when its container is gone", async () => {
    await again(load, { volumes, containers: [done({ [RETRY_LABEL]: "ffff", [OWNER_LABEL]: STATE })] }, there);
    expect(labels(CONTAINER, "load")).toMatchObject({ [RETRY_LABEL]: "ffff" });
    expect(labels(CONTAINER, "load")).not.toHaveProperty(RENEWAL_LABEL);
  });

  test("is run again when it had failed, also when its container is gone", async () => {
    await again(load, { volumes, containers: [done({}, 3)] }, there);
    expect(labels(CONTAINER, "load")[RETRY_LABEL]).toBe("0123456789ab");
  });

  test("is run again when the volume that it filled is gone, which is made first", async () => {
    await again(load, { volumes, containers: [done({})] });
    expect(labels(CONTAINER, "load")[RENEWAL_LABEL]).toBe("1");
    expect(labels(VOLUME, "data")[RENEWAL_LABEL]).toBe("1");
    expect(engine.options(VOLUME, "data")).toMatchObject({ ignoreChanges: [], deleteBeforeReplace: true });
  });

  test("of an earlier release gets no owner, and one that is new does", async () => {
    await again(load, { volumes, containers: [done({})] }, there);
    expect(labels(CONTAINER, "load")).not.toHaveProperty(OWNER_LABEL);
    await again(load, {});
    expect(labels(CONTAINER, "load")[OWNER_LABEL]).toBe(STATE);
  });

  test("is in the network by its plain name, so that another network does not let it run again", async () => {
    await again(load, {});
    expect(engine.inputs(CONTAINER, "load")["networksAdvanced"]).toEqual([{ name: "shop-network", aliases: ["load", "load"] }]);
    expect(engine.options(CONTAINER, "load").after).toContain(`${NETWORK} shop-network`);
  });
});

describe("the network", () => {
  const place = { types: ["mlstack:docker:Platform", NETWORK], name: "shop-network" };
  const record = { networks: [{ id: "n1", name: "shop-network", labels: { [STACK_LABEL]: "shop/test" }, place }] };

  test("of an earlier release keeps its labels, since all containers are in it", async () => {
    await again(() => {}, record, { networks: [{ id: "n1", name: "shop-network", subnets: [], labels: {}, ours: true }] });
    expect(labels(NETWORK, "shop-network")).toEqual({ [STACK_LABEL]: "shop/test" });
  });

  test("is made again when it is gone", async () => {
    await again(() => {}, record);
    expect(labels(NETWORK, "shop-network")).toEqual({ [STACK_LABEL]: "shop/test", [RENEWAL_LABEL]: "1" });
  });
});

test("files are carried again only into a volume that is gone; a carrier may be gone", async () => {
  const files: Ask = (platform, opts) => platform.configFiles("conf", { files: { a: "b" } }, opts);
  await again(files, {});
  const [content = ""] = engine.of(VOLUME).keys();
  const record = {
    volumes: [{ name: `shop-${content}`, labels: {}, place: under("ConfigFiles", VOLUME, content) }],
    containers: [aRecord({ place: under("ConfigFiles", CONTAINER, content), name: `shop-${content}-carrier` })],
  };
  await again(files, record, { volumes: [{ name: `shop-${content}`, labels: {}, ours: true }] });
  expect(labels(CONTAINER, content)).not.toHaveProperty(RENEWAL_LABEL);
  await again(files, record, { containers: new Map([["x", aContainer()]]) });
  expect(labels(CONTAINER, content)[RENEWAL_LABEL]).toBe("1");
});

describe("files that were changed by hand", () => {
  const ask: Ask = (platform, opts) => {
    const files = platform.configFiles("conf", { files: { a: "b" } }, opts);
    const container = { image: "shop:1", mounts: [{ files, path: "/etc/conf" }] };
    platform.service("api", aServiceSpec({ container }), opts);
    platform.gang("ring", aGangSpec({ container, size: 1 }), opts);
    platform.job("load", aJobSpec({ container }), opts);
  };
  const recorded = async (seen: Record<string, string>, member: Partial<ContainerDetail> = {}) => {
    await again(ask, {});
    const [content = ""] = engine.of(VOLUME).keys();
    const volume = `shop-${content}`;
    const restart = { restart: "on-failure", maxRetryCount: 3 };
    await again(
      ask,
      {
        volumes: [{ name: volume, labels: {}, place: under("ConfigFiles", VOLUME, content) }],
        containers: [
          aRecord({ id: "c", place: under("ConfigFiles", CONTAINER, content), name: `${volume}-carrier` }),
          aRecord(),
          aRecord({ id: "m", place: under("Gang", CONTAINER, "ring-0"), name: "shop-ring-0", networksAdvanced: [], ...restart }),
          aRecord({ id: "j", place: under("Job", CONTAINER, "load"), name: "shop-load", exitCode: 0 }),
        ],
      },
      {
        volumes: [{ name: volume, labels: {}, ours: true }],
        files: new Map([[volume, seen]]),
        details: new Map([
          ["0123456789abcdef", aDetail()],
          ["m", aDetail({ name: "shop-ring-0", restart: { name: "on-failure", maximum: 3 }, ...member })],
        ]),
      },
    );
    const renewed = [content, "api-0", "ring-0", "load"].filter((name) => RENEWAL_LABEL in labels(CONTAINER, name));
    return {
      renewed: renewed.map((name) => (name === content ? "carrier" : name)),
      after: engine.options(CONTAINER, "api-0").after,
      content,
    };
  };

  test("are written again before what serves and trains with them starts again; a job does not run again", async () => {
    const { renewed, after, content } = await recorded({ a: "other" });
    expect(renewed).toEqual(["carrier", "api-0", "ring-0"]);
    expect(after).toContain(`${CONTAINER} ${content}`);
  });

  test("start no training again that has ended", async () => {
    expect((await recorded({ a: "other" }, { status: "exited", exitCode: 0 })).renewed).toEqual(["carrier", "api-0"]);
  });

  test("are not those that others lie beside", async () => {
    expect((await recorded({ a: "b", c: "d" })).renewed).toEqual([]);
  });
});
