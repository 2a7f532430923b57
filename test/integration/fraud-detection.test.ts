import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { deadAtLast } from "../support/dead-queries.ts";
import { brokenRules, lines, monitoringImage, series, untilRead } from "../support/monitoring.ts";
import { freePort, TestStack, until } from "../support/stack.ts";
import { fraudQuestions, type Question, underTraffic } from "../support/traffic.ts";

/** The main job, from the first deployment to the last, on one stack: each test goes on from the one before. */
let stack: TestStack;
/** Image of monitoring's parts, built before anything runs: what trains meanwhile would be done before it is there. */
let monitoringParts: string;

const small = { cpu: 0.5, memory: "256Mi" };
const features = { accounts: 1000, transactions: 4000, redis: { resources: small }, load: { resources: small } };
const settings = (changes: Record<string, unknown> = {}, training: Record<string, unknown> = {}) => ({
  platform: { kind: "docker", prefix: stack.prefix },
  features: { ...features, publish: { port: stack.port }, ...changes },
  training: { enabled: false, nodes: 4, ...training },
});

beforeAll(async () => {
  monitoringParts = await monitoringImage();
  stack = await TestStack.create("mlstack-it");
});
afterAll(() => stack.remove());

describe("the first up", () => {
  test("brings everything up, in order, and answers from Redis", async () => {
    stack.configure(settings());
    const { code, text } = await stack.up();
    expect(text).toContain("loaded 1000 rows from accounts.parquet (version 1) into redis://redis:6379");
    expect(code).toBe(0);
    expect(await stack.get("/features/3")).toMatchObject({ status: 200, body: { id: 3, source: "redis" } });
    expect(Object.keys(await stack.ids())).toEqual([
      "api-0",
      "api-1",
      "build",
      "gateway-0",
      expect.stringMatching(/^gateway-config-/),
      "loader",
      "redis-0",
    ]);
  });

  test("publishes one port, on this machine only", async () => {
    const containers = await Promise.all(Object.keys(await stack.ids()).map((name) => stack.container(name).inspect()));
    const published = containers.flatMap(({ HostConfig }) => Object.values(HostConfig.PortBindings ?? {}).flat());
    expect(published).toEqual([{ HostIp: "127.0.0.1", HostPort: String(stack.port) }]);
  });

  test("hardens and limits every container that runs", async () => {
    for (const name of ["redis-0", "api-0", "api-1", "gateway-0", "build", "loader"]) {
      const { HostConfig, Config } = await stack.container(name).inspect();
      expect({ name, ...HostConfig }).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges"],
        Init: true,
      });
      expect(HostConfig.Memory).toBeGreaterThan(0);
      expect(HostConfig.MemorySwap).toBe(HostConfig.Memory);
      expect(HostConfig.CpuQuota).toBeGreaterThan(0);
      expect(HostConfig.Ulimits).toEqual([{ Name: "nproc", Hard: 4096, Soft: 4096 }]);
      expect(Config.User).toBe("10001:10001");
    }
  });

  test("mounts the features read-only wherever they are only read", async () => {
    expect(await stack.exec("api-0", ["touch", "/app/data/features/x"])).toContain("Read-only file system");
    expect(await stack.exec("api-0", ["touch", "/x"])).toContain("Read-only file system");
  });

  test("keeps the password out of the state, the messages and the labels", async () => {
    const password = (await stack.exec("redis-0", ["printenv", "REDIS_PASSWORD"])).replace(/[^\w-]/g, "").slice(-43);
    expect(password).toHaveLength(43);
    const state = (await stack.pulumi(["stack", "export"])).text;
    const preview = (await stack.preview("--diff")).text;
    for (const text of [state, preview, await stack.logs("redis-0"), await stack.logs("api-0"), await stack.logs("loader")]) {
      expect(text).not.toContain(password);
      expect(text).not.toContain(Buffer.from(password).toString("base64"));
    }
    expect(await stack.exec("redis-0", ["sh", "-c", "cat /proc/[0-9]*/cmdline"])).not.toContain(password);
  });
});

test("a second up changes nothing, and the engine agrees", async () => {
  expect((await stack.up("--expect-no-changes")).code).toBe(0);
  expect((await stack.pulumi(["refresh", "--preview-only", "--expect-no-changes"])).code).toBe(0);
});

test("a replica that hangs costs no read: those that it holds are asked of the other", async () => {
  // Longer than the gateway needs to see it, and less than it would wait for an answer.
  const read = () =>
    fetch(`http://127.0.0.1:${stack.port}/features/3`, { signal: AbortSignal.timeout(20_000) }).then(({ status }) => status);
  await stack.container("api-0").pause();
  try {
    expect(await Promise.all(Array.from({ length: 120 }, read))).toEqual(Array(120).fill(200));
  } finally {
    await stack.container("api-0").unpause();
  }
});

test("going from 2 to 4 replicas touches only the new ones", async () => {
  const before = await stack.ids();
  stack.configure(settings({ api: { replicas: 4 } }));
  const { changes } = await stack.up();
  expect(changes).toMatchObject({ created: 2 });
  expect(changes).not.toHaveProperty("replaced");
  const { "api-2": third, "api-3": fourth, ...rest } = await stack.ids();
  expect(rest).toEqual(before);
  expect([third, fourth]).not.toContain(undefined);
  await until("the gateway leads to all four", async () => {
    for (let request = 0; request < 12; request++) await stack.get("/health");
    const asked = await Promise.all([0, 1, 2, 3].map((index) => stack.exec(`api-${index}`, ["bash", "-c", METRICS])));
    return asked.every((metrics) => metrics.includes('route="/health"'));
  });
});

const METRICS = `exec 3<>/dev/tcp/127.0.0.1/8000; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;

test("a change of the API renews one replica after another without a failed request", async () => {
  stack.configure(settings({ api: { replicas: 2 } }));
  expect((await stack.up()).code).toBe(0);
  stack.configure(settings({ api: { replicas: 2, logLevel: "WARNING" } }));
  const { result, answered, failed } = await underTraffic(fraudQuestions(`http://127.0.0.1:${stack.port}`), () => stack.up());
  expect(result).toMatchObject({ code: 0, changes: { replaced: 2 } });
  expect(failed).toEqual([]);
  expect(answered).toBeGreaterThan(50);
});

describe("the loader", () => {
  const runs = async () => (await stack.ids())["loader"];

  test("does not run again for a limit, which waits for the next run", async () => {
    const before = await runs();
    stack.configure(settings({ load: { resources: { cpu: 1, memory: "300Mi" } } }));
    const { code, changes } = await stack.up();
    expect(code).toBe(0);
    expect(changes).not.toHaveProperty("updated");
    expect(await runs()).toBe(before);
  });

  test("runs again for a new version of the data; the API is renewed, and each answer has the values of one version", async () => {
    const before = await runs();
    stack.configure(settings({ dataVersion: "2", seed: 8, load: { resources: { cpu: 1, memory: "300Mi" } } }));
    const seen = new Set<string>();
    const ask: Question = async (signal) => {
      const answer = await fetch(`http://127.0.0.1:${stack.port}/features/3`, { signal });
      const { version, features } = (await answer.clone().json()) as { version?: string; features?: Record<string, number> };
      seen.add(`${version} ${features?.["f00"]}`);
      return answer;
    };
    const { result, failed } = await underTraffic([ask, ask, ask, ask], () => stack.up());
    const { code, text } = result;
    expect(code).toBe(0);
    expect(failed).toEqual([]);
    expect([...seen].sort()).toEqual([expect.stringMatching(/^1 -?\d/), expect.stringMatching(/^2 -?\d/)]);
    expect(text).toContain("loaded 1000 rows from accounts.parquet (version 2)");
    expect(await runs()).not.toBe(before);
    expect((await stack.get("/ready")).body).toEqual({ status: "ready", version: "2" });
    expect((await stack.container("loader").inspect()).HostConfig.Memory).toBe(300 * 1024 ** 2);
  });

  test("on no rows fails the deployment with its log, again and again, until there are some", async () => {
    stack.configure(settings({ accounts: 0, dataVersion: "3" }));
    for (const attempt of [1, 2]) {
      const { code, text } = await stack.up();
      expect({ attempt, code }).not.toMatchObject({ code: 0 });
      expect(text).toContain('job "loader" failed with exit code 3; its last 1 log lines:');
      expect(text).toContain("accounts.parquet holds 0 rows; nothing was loaded");
      expect((await stack.get("/features/3")).body).toMatchObject({ source: "redis" });
    }
    stack.configure(settings({ dataVersion: "4" }));
    expect((await stack.up()).code).toBe(0);
    expect((await stack.up("--expect-no-changes")).code).toBe(0);
  });
});

describe("Redis", () => {
  const source = async () => (await stack.get("/features/3")).body["source"];
  const cli = (...words: string[]) => stack.exec("redis-0", ["bash", "-c", `REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ${words.join(" ")}`]);

  test("killed: the API goes on from Parquet, returns by itself, and no acknowledged write is lost", async () => {
    expect(await cli("set", "acknowledged", "yes")).toContain("OK");
    await stack.container("redis-0").pause();
    const during = await Promise.all(Array.from({ length: 20 }, () => stack.get("/features/3")));
    expect(during.map(({ status, body }) => [status, body["source"]])).toEqual(Array(20).fill([200, "parquet"]));
    await stack.container("redis-0").unpause();
    await until("the API reads Redis again", async () => (await source()) === "redis");
    // As a power cut leaves it.
    await stack.exec("redis-0", ["bash", "-c", "head -c 12 /dev/zero >> $(ls -t /data/appendonlydir/*.incr.aof | head -n 1)"]);
    await stack.crash("redis-0");
    await until("Redis is started again", async () => (await cli("ping")).includes("PONG"));
    await until("the API reads it", async () => (await source()) === "redis");
    expect(await cli("get", "acknowledged")).toContain("yes");
    expect(await stack.logs("redis-0")).toContain("had a damaged tail: its last 12 of ");
  });
});

describe("training", () => {
  const training = { enabled: true, epochs: 30, env: { EPOCH_SECONDS: "1", COLLECTIVE_TIMEOUT: "10" } };
  const say = async (rank: number) => stack.logs(`trainer-${rank}`);
  const all = async (text: string) => (await Promise.all([0, 1, 2, 3].map(say))).every((log) => log.includes(text));

  /** The same with so many epochs that no test meets the end. */
  const endless = { ...training, epochs: 5000 };

  test("four ranks meet and the loss falls", async () => {
    stack.configure(settings({ dataVersion: "4" }, endless));
    const before = await stack.ids();
    const { code } = await stack.up();
    expect(code).toBe(0);
    expect(await stack.ids()).toMatchObject(before);
    await until("every rank has done 5 epochs", () => all("epoch=5 "));
    for (const rank of [0, 1, 2, 3])
      expect(await say(rank)).toContain(`rank=${rank} world_size=4 local_rank=0 backend=gloo master=trainer-0:12355`);
    const losses = [...(await say(0)).matchAll(/epoch=\d+ loss=([\d.]+)/g)].map(([, loss]) => Number(loss));
    expect(losses[4]).toBeLessThan(losses[0] ?? 0);
  });

  test("monitoring touches no part, reads all of them, evaluates its rules, and has pages on this machine only", async () => {
    const ports = { metrics: await freePort(), alerts: await freePort() };
    const pages = { metrics: `http://127.0.0.1:${ports.metrics}`, alerts: `http://127.0.0.1:${ports.alerts}` };
    const before = await stack.ids();
    const monitoring = { metrics: { port: ports.metrics }, alerts: { port: ports.alerts }, logs: { enabled: false } };
    const images = { monitoring: monitoringParts };
    stack.configure({ ...settings({ dataVersion: "4" }, endless), images, monitoring });
    const { code, text } = await stack.up();
    expect(code, text).toBe(0);
    expect(await stack.ids()).toMatchObject(before);
    await untilRead(pages, { api: 2, gateway: 1, redis: 1, trainer: 4 });
    expect((await series(pages, 'up{part="trainer"}')).map(({ metric }) => metric["instance"]).sort()).toEqual(
      [0, 1, 2, 3].map((rank) => `trainer-${rank}`),
    );
    expect(await brokenRules(pages)).toEqual([]);
    expect(await deadAtLast(pages)).toEqual([]);
    for (const page of [`${pages.metrics}/vmui/`, `${pages.metrics}/vmui/custom-dashboards`, `${pages.alerts}/vmalert/groups`])
      expect((await fetch(page)).status).toBe(200);
    const bound = Object.values((await stack.container("monitoring-metrics-0").inspect()).HostConfig.PortBindings ?? {}).flat();
    expect(bound).toEqual([{ HostIp: "127.0.0.1", HostPort: String(ports.metrics) }]);
    expect((await stack.up("--expect-no-changes")).code).toBe(0);
  });

  test("one rank killed: all resume from the checkpoint", async () => {
    await stack.crash("trainer-2");
    await until("all ranks have resumed", () => all("resumed from epoch"));
    await until("all ranks go on", async () =>
      (await Promise.all([0, 1, 2, 3].map(say))).every((log) => /resumed from epoch[\s\S]*epoch=\d+ loss/.test(log)),
    );
  });

  test("features that were built again: all are started again, and train on them from the first epoch", async () => {
    const epochs = async (rank: number) => [...(await say(rank)).matchAll(/ epoch=(\d+) loss/g)].map(([, epoch]) => Number(epoch));
    const members = await stack.ids();
    await until("the old training is well under way", async () => ((await epochs(0)).at(-1) ?? 0) >= 10);
    stack.configure(settings({ dataVersion: "4", seed: 9 }, training));
    expect((await stack.preview()).text).toContain("trainer-3");
    expect((await stack.up()).code).toBe(0);
    await until("all ranks train", () => all(" epoch="));
    // A rank that came late finds the others a few epochs on: they had met with the one that it replaced.
    for (const rank of [0, 1, 2, 3]) expect((await epochs(rank))[0]).toBeLessThan(10);
    const now = await stack.ids();
    for (const rank of [0, 1, 2, 3]) expect(now[`trainer-${rank}`]).not.toBe(members[`trainer-${rank}`]);
    expect(await stack.exec("trainer-0", ["ls", "/app/checkpoints"])).toContain("of-other-features");
    // The next test goes on from a checkpoint of theirs.
    await until("there is a checkpoint", async () => (await epochs(0)).length >= 3);
  });

  test("two members of two processes each go on as the same world from the same checkpoint, and what parts write is found", async () => {
    const [metrics, alerts, port] = await Promise.all([freePort(), freePort(), freePort()]);
    const pages = { metrics: `http://127.0.0.1:${metrics}`, alerts: `http://127.0.0.1:${alerts}`, logs: `http://127.0.0.1:${port}` };
    const { build, loader } = await stack.ids();
    stack.configure({
      ...settings(
        { dataVersion: "4", seed: 9 },
        { ...training, nodes: 2, processesPerNode: 2, env: {}, epochs: 40, resources: { memory: "3Gi" } },
      ),
      images: { monitoring: monitoringParts },
      monitoring: { metrics: { port: metrics }, alerts: { port: alerts }, logs: { port } },
    });
    const { code, text } = await stack.up();
    expect(code, text).toBe(0);
    expect(text).toContain("logs go to monitoring-logs from now on");
    expect(await stack.ids()).toMatchObject({ build, loader });
    await until("lines of both ranks and of the API are there", async () => {
      const found = await lines(pages, '{sourcetype=~"trainer|api"} | stats by (sourcetype, source) count() lines');
      return found.length >= 4;
    });
    const [line] = await lines(pages, '{source="trainer-1"} "rank=3 world_size=4" | limit 1');
    expect(line).toMatchObject({ sourcetype: "trainer", index: `mlstack/${stack.name}`, _msg: expect.stringContaining("local_rank=1") });
    // The engine keeps a copy of its own.
    expect(await say(1)).toContain("rank=3 world_size=4");
    await until("all four ranks have finished", async () => {
      const logs = `${await say(0)}${await say(1)}`;
      return [0, 1, 2, 3].every(
        (rank) => logs.includes(`rank=${rank} finished epochs=40`) && logs.includes(`rank=${rank} resumed from epoch`),
      );
    });
    expect(await say(1)).toContain("rank=3 world_size=4 local_rank=1 backend=gloo master=trainer-0:12355");
  });

  test("switched off, the ranks go and the checkpoints stay", async () => {
    stack.configure(settings({ dataVersion: "4", seed: 9 }));
    expect((await stack.up()).code).toBe(0);
    expect(Object.keys(await stack.ids()).filter((name) => name.startsWith("trainer"))).toEqual([]);
    expect(await stack.leftovers()).toContain(`${stack.prefix}-trainer-checkpoints`);
  });
});

test("destroy leaves nothing", async () => {
  const { code } = await stack.destroy();
  expect(code).toBe(0);
  expect(await stack.leftovers()).toEqual([]);
});
