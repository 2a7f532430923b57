import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";

import { INPUTS_LABEL, OWNER_LABEL, STACK_LABEL } from "../../components/docker/labels.ts";
import { NO_WAITS, type Replica } from "../../components/docker/waits.ts";
import { aContainer, CONTAINER, onDocker, STATE } from "../support/docker.ts";
import { MockEngine } from "../support/engine.ts";
import { aJobSpec, aServiceSpec } from "../support/specs.ts";

let engine: MockEngine;
beforeAll(async () => {
  engine = await MockEngine.start();
});

test("is replicas with one alias, hardened and limited, that must become healthy", async () => {
  await onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec({ replicas: 2, startBudget: "90s" }), opts));
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
      { label: OWNER_LABEL, value: STATE },
    ],
    healthcheck: expect.objectContaining({ interval: "5s", timeout: "3s", retries: 3, startPeriod: "30s" }),
    restart: "unless-stopped",
  });
});

test("publishes on this machine only unless asked otherwise", async () => {
  await onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec({ publish: { port: 18999 } }), opts));
  expect(engine.inputs(CONTAINER, "api-0")["ports"]).toEqual([{ internal: 8000, external: 18999, ip: "127.0.0.1" }]);
});

test("a port for those who run the stack is one of this machine alone, which must be free", async () => {
  const { url } = await onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec({ localPort: 18999 }), opts));
  expect(engine.inputs(CONTAINER, "api-0")["ports"]).toEqual([{ internal: 8000, external: 18999, ip: "127.0.0.1" }]);
  expect(await known(url)).toBe("http://127.0.0.1:18999");
  const twice = onDocker(engine, (platform, opts) => {
    for (const name of ["a", "b"]) platform.service(name, aServiceSpec({ localPort: 18999 }), opts);
  });
  await expect(twice).rejects.toThrow(/service "b": localPort: 127\.0\.0\.1:18999 is used by service "a": localPort already/);
  const several = onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec({ localPort: 18999, replicas: 2 }), opts));
  await expect(several).rejects.toThrow(/localPort: .*leave it out, or set replicas to 1/);
});

const known = (given: pulumi.Output<string> | undefined) => new Promise((resolve) => given?.apply(resolve));

test("publishes nothing by itself", async () => {
  await onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec(), opts));
  expect(engine.inputs(CONTAINER, "api-0")).not.toHaveProperty("ports");
});

test("refuses several replicas behind one port of the host, with a remedy", async () => {
  const ask = onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec({ replicas: 2, publish: { port: 80 } }), opts));
  await expect(ask).rejects.toThrow(
    'service "api": 1 invalid argument\n  publish: not available on Docker with 2 replicas, since one port of the host leads to one container; put a gateway in front and publish that, or set replicas to 1',
  );
});

/** The value of the label of declared inputs, of every replica. */
async function inputLabels(inputs: Record<string, string>): Promise<unknown[]> {
  await onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec({ replicas: 2, inputs }), opts));
  const labels = [...engine.of(CONTAINER).values()].map((container) => container["labels"] as { label: string; value: unknown }[]);
  return labels.map((list) => list.find(({ label }) => label === INPUTS_LABEL)?.value);
}

test("has a label that changes with its declared inputs, and none without any", async () => {
  const [one, other] = [await inputLabels({ data: "1" }), await inputLabels({ data: "2" })];
  expect(one).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/), one[0]]);
  expect(other[0]).not.toEqual(one[0]);
  expect(await inputLabels({ data: "1" })).toEqual(one);
  expect(await inputLabels({})).toEqual([undefined, undefined]);
});

test.each([
  { exist: 1, waits: [[], [0]] },
  { exist: 2, waits: [[], [0], [1]] },
  { exist: 3, waits: [[], [0], [1], [2]] },
  { exist: 4, waits: [[], [], [0, 1], [0, 1], [2, 3]] },
  { exist: 5, waits: [[], [], [0, 1], [0, 1], [2, 3], [4]] },
])(
  "changes $exist replicas that exist in turns, so that half of them serve meanwhile, and starts a new one last",
  async ({ exist, waits }) => {
    const containers = new Map(waits.slice(0, exist).map((_, index) => [`shop-api-${index}`, aContainer({ running: true })]));
    await onDocker(engine, (platform, opts) => platform.service("api", aServiceSpec({ replicas: exist + 1 }), opts), { containers });
    const after = (name: string) => engine.options(CONTAINER, name).after.filter((one) => one.startsWith("docker:index/container"));
    expect(waits.map((_, index) => after(`api-${index}`))).toEqual(waits.map((those) => those.map((index) => `${CONTAINER} api-${index}`)));
  },
);

test("is waited for, replica after replica where they exist, before what comes after it starts", async () => {
  const containers = new Map(["shop-api-0", "shop-api-1"].map((name) => [name, aContainer({ running: true })]));
  const seen: string[] = [];
  const replica = async ({ container, budget }: Replica) => {
    // Whatever can be registered beside it is registered by now.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    seen.push(`${container} within ${budget}, with ${[...engine.of(CONTAINER).keys()].join(", ")}`);
  };
  await onDocker(
    engine,
    (platform, opts) => {
      const api = platform.service("api", aServiceSpec({ replicas: 2, startBudget: "90s" }), opts);
      platform.job("load", aJobSpec({ after: [api] }), opts);
    },
    { containers },
    {},
    { ...NO_WAITS, replica },
  );
  expect(seen).toEqual(["shop-api-0 within 90s, with api-0", "shop-api-1 within 90s, with api-0, api-1"]);
  expect([...engine.of(CONTAINER).keys()]).toContain("load");
});
