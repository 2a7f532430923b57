import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";

import { RETRY_LABEL, STACK_LABEL } from "../../components/docker/labels.ts";
import type { DockerPlatform } from "../../components/docker/platform.ts";
import { addressOf, leaderAddress, memberIndex, secretValue } from "../../components/workload/index.ts";
import { aContainer, aDockerPlatform } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aGangSpec, aJobSpec, aServiceSpec } from "../support/specs.ts";

const CONTAINER = "docker:index/container:Container";
const VOLUME = "docker:index/volume:Volume";
const NETWORK = "docker:index/network:Network";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

/** Runs `ask` on a fresh platform, with a parent for what it asks. */
function on(ask: (platform: DockerPlatform, opts: { parent: pulumi.Resource }) => void, ...setting: Parameters<typeof aDockerPlatform>) {
  return engine.run(() => {
    const platform = aDockerPlatform(...setting);
    ask(platform, { parent: platform });
  });
}

describe("a service", () => {
  test("is replicas with one alias, hardened and limited, that must become healthy", async () => {
    await on((platform, opts) => platform.service("api", aServiceSpec({ replicas: 2, startBudget: "90s" }), opts));
    expect([...engine.of(CONTAINER).keys()]).toEqual(["api-0", "api-1"]);
    expect(engine.inputs(CONTAINER, "api-1")).toEqual({
      name: "shop-api-1",
      hostname: "api-1",
      image: "shop:1",
      envs: [],
      mounts: [],
      tmpfs: { "/tmp": "size=67108864,mode=1777", "/dev/shm": "size=67108864,mode=1777" },
      user: "10001:10001",
      memory: 512,
      memorySwap: 512,
      cpuPeriod: 100_000,
      cpuQuota: 100_000,
      ulimits: [{ name: "nproc", soft: 4096, hard: 4096 }],
      readOnly: true,
      init: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges"],
      networkMode: "bridge",
      networksAdvanced: [{ name: "shop-network", aliases: ["api", "api-1"] }],
      destroyGraceSeconds: 10,
      stopTimeout: 10,
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      labels: [
        { label: STACK_LABEL, value: "shop/test" },
        { label: "dev.mlstack.workload", value: "api" },
      ],
      healthcheck: expect.objectContaining({ interval: "5s", timeout: "3s", retries: 3, startPeriod: "30s" }),
      wait: true,
      waitTimeout: 90,
      restart: "unless-stopped",
    });
  });

  test("publishes on this machine only unless asked otherwise", async () => {
    await on((platform, opts) => platform.service("api", aServiceSpec({ publish: { port: 18999 } }), opts));
    expect(engine.inputs(CONTAINER, "api-0")["ports"]).toEqual([{ internal: 8000, external: 18999, ip: "127.0.0.1" }]);
  });

  test("publishes nothing by itself", async () => {
    await on((platform, opts) => platform.service("api", aServiceSpec(), opts));
    expect(engine.inputs(CONTAINER, "api-0")).not.toHaveProperty("ports");
  });

  test("resolves references: a secret by value, a service by name", async () => {
    await on((platform, opts) => {
      const secret = platform.secret("redis", { values: { password: "hunter2" } }, opts);
      const redis = platform.service("redis", aServiceSpec({ port: 6379 }), opts);
      const env = { B: addressOf(redis), A: secretValue(secret, "password") };
      platform.service("api", aServiceSpec({ container: { image: "a", env } }), opts);
    });
    const { specialSigKey, specialSecretSig } = pulumi.runtime;
    expect(engine.inputs(CONTAINER, "api-0")["envs"]).toEqual({ [specialSigKey]: specialSecretSig, value: ["A=hunter2", "B=redis"] });
  });

  test("refuses several replicas behind one port of the host, with a remedy", async () => {
    const ask = on((platform, opts) => platform.service("api", aServiceSpec({ replicas: 2, publish: { port: 80 } }), opts));
    await expect(ask).rejects.toThrow(
      'service "api": 1 invalid argument\n  publish: not available on Docker with 2 replicas, since one port of the host leads to one container; put a gateway in front and publish that, or set replicas to 1',
    );
  });

  test("refuses a name that another workload has, and one that is no host name", async () => {
    const twice = on((platform, opts) => [1, 2].map(() => platform.service("api", aServiceSpec(), opts)));
    await expect(twice).rejects.toThrow('"api" is taken by another workload of this stack');
    await expect(on((platform, opts) => platform.service("a".repeat(70), aServiceSpec(), opts))).rejects.toThrow(
      /70 characters; the limit is 63/,
    );
  });
});

describe("a job", () => {
  const retry = () => engine.inputs(CONTAINER, "load")["labels"];
  const job = (...setting: Parameters<typeof aDockerPlatform>) =>
    on((platform, opts) => platform.job("load", aJobSpec({ inputs: { data: "1" } }), opts), ...setting);

  test("is waited for, not started again, and not replaced for a limit", async () => {
    await job();
    expect(engine.inputs(CONTAINER, "load")).toMatchObject({ attach: true, mustRun: false, restart: "no", entrypoints: ["load"] });
    expect(engine.inputs(CONTAINER, "load")).not.toHaveProperty("cpus");
    expect(engine.inputs(CONTAINER, "load")).not.toHaveProperty("shmSize");
  });

  test("is run again after a failure, and is left alone after the success that followed", async () => {
    const failed = { containers: new Map([["shop-load", aContainer({ exitCode: 3, id: "f".repeat(64) })]]) };
    await job(failed);
    expect(retry()).toContainEqual({ label: RETRY_LABEL, value: "ffffffffffff" });
    const succeeded = { containers: new Map([["shop-load", aContainer({ labels: { [RETRY_LABEL]: "ffffffffffff" } })]]) };
    await job(succeeded);
    expect(retry()).toContainEqual({ label: RETRY_LABEL, value: "ffffffffffff" });
    await job();
    expect(retry()).toContainEqual({ label: RETRY_LABEL, value: "" });
  });
});

describe("a gang", () => {
  const gang = (changes = {}) =>
    on((platform, opts) => {
      platform.gang(
        "trainer",
        aGangSpec({ size: 3, container: { image: "a", env: { RANK: memberIndex(), MASTER_ADDR: leaderAddress() } }, ...changes }),
        opts,
      );
    });

  test("is members that know their index and their leader", async () => {
    await gang();
    const envs = [...engine.of(CONTAINER)].map(([name, inputs]) => [name, inputs["hostname"], inputs["envs"]]);
    expect(envs).toEqual([0, 1, 2].map((index) => [`trainer-${index}`, `trainer-${index}`, ["MASTER_ADDR=trainer-0", `RANK=${index}`]]));
  });

  test("is started again after a failure, so many times, and not after its end", async () => {
    await gang({ maxRestarts: 5 });
    expect(engine.inputs(CONTAINER, "trainer-2")).toMatchObject({ restart: "on-failure", maxRetryCount: 5, mustRun: false });
    await gang({ maxRestarts: 0 });
    expect(engine.inputs(CONTAINER, "trainer-2")).toMatchObject({ restart: "no" });
    expect(engine.inputs(CONTAINER, "trainer-2")).not.toHaveProperty("maxRetryCount");
  });
});

describe("storage", () => {
  test("mounts a volume by the name it was made with", async () => {
    await on((platform, opts) => {
      const volume = platform.volume("data", {}, opts);
      platform.service("api", aServiceSpec({ container: { image: "a", mounts: [{ volume, path: "/data", readOnly: true }] } }), opts);
    });
    expect(engine.inputs(VOLUME, "data")["name"]).toBe("shop-data");
    expect(engine.inputs(CONTAINER, "api-0")["mounts"]).toEqual([{ type: "volume", source: "shop-data", target: "/data", readOnly: true }]);
  });

  test("carries files into a volume named after their content, read-only for who mounts it", async () => {
    const content = async (text: string) => {
      await on((platform, opts) => {
        const files = platform.configFiles("config", { files: { "a.cfg": text } }, opts);
        platform.service("gateway", aServiceSpec({ container: { image: "a", mounts: [{ files, path: "/etc/a" }] } }), opts);
      });
      return engine.inputs(CONTAINER, "gateway-0")["mounts"];
    };
    const [first] = (await content("one")) as { source: string; readOnly: boolean }[];
    expect(first).toMatchObject({ readOnly: true, source: expect.stringMatching(/^shop-config-[0-9a-f]{8}$/) });
    expect(await content("one")).toEqual([first]);
    expect(await content("two")).not.toEqual([first]);
    const [carrier] = [...engine.of(CONTAINER)].filter(([name]) => name.startsWith("config-"));
    expect(carrier?.[1]).toMatchObject({
      start: false,
      mustRun: false,
      uploads: [{ file: "/files/a.cfg", content: "two", permissions: "0444" }],
    });
  });

  test("refuses a volume of another platform", async () => {
    const stray = { kind: "volume", name: "elsewhere", resource: Object.create(pulumi.Resource.prototype), access: "one-node" } as const;
    const ask = on((platform, opts) =>
      platform.service("api", aServiceSpec({ container: { image: "a", mounts: [{ volume: stray, path: "/d" }] } }), opts),
    );
    await expect(ask).rejects.toThrow('volume "elsewhere" is not of this platform');
  });
});

test("a network has the name and subnet that are asked for", async () => {
  await on(() => {}, {}, { network: { name: "fraud-detection-network", subnet: "172.20.0.0/16" } });
  expect(engine.inputs(NETWORK, "fraud-detection-network")).toMatchObject({
    name: "fraud-detection-network",
    driver: "bridge",
    ipamConfigs: [{ subnet: "172.20.0.0/16" }],
  });
});
