import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { openApiForPods } from "../support/api-for-pods.ts";
import { deadAtLast } from "../support/dead-queries.ts";
import { Kube } from "../support/kube.ts";
import { newest } from "../support/kubernetes-target.ts";
import { brokenRules, lines, monitoringImage, untilRead } from "../support/monitoring.ts";
import { TestStack, until } from "../support/stack.ts";
import { fraudQuestions, underTraffic } from "../support/traffic.ts";

/** The main job of the Docker suite, from the same components and keys with another platform; each test goes on from the one before. */
const kube = new Kube();
const namespace = "mlstack-it";
let stack: TestStack;
let url = "";

const small = { cpu: 0.5, memory: "256Mi" };
const features = { accounts: 1000, transactions: 4000, redis: { resources: small }, load: { resources: small } };
const settings = (
  changes: Record<string, unknown> = {},
  training: Record<string, unknown> = {},
  platform: Record<string, unknown> = {},
) => ({
  platform: {
    kind: "kubernetes",
    registry: { address: `${process.env["MLSTACK_TEST_REGISTRY"]}/mlstack` },
    namespace: { name: namespace },
    ...platform,
  },
  features: { ...features, ...changes },
  training: { enabled: false, nodes: 4, ...training },
});

/** Image of monitoring's parts, built before anything runs. */
let monitoringParts: string;

beforeAll(async () => {
  monitoringParts = await monitoringImage(process.env["MLSTACK_TEST_REGISTRY"] ?? "");
  stack = await TestStack.create("it");
});
afterAll(async () => {
  await stack.remove();
  await kube.removeNamespace(namespace);
  await kube.recycleVolumes();
});

async function up(config: object, ...args: string[]): Promise<string> {
  stack.configure(config as Record<string, unknown>);
  const { code, text } = await stack.up(...args);
  expect(code, text).toBe(0);
  return text;
}

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(30_000) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const pods = async (workload: string) => newest(await kube.pods(namespace, workload));
const names = async (workload: string) => (await pods(workload)).map(({ metadata }) => metadata?.name ?? "");
const logs = async (workload: string) => Promise.all((await names(workload)).map((pod) => kube.logs(namespace, pod).catch(() => "")));

describe("the first up", () => {
  test("brings everything up, in order, and answers from Redis", async () => {
    const text = await up(settings());
    expect(text).toContain("loaded 1000 rows from accounts.parquet (version 1) into redis://redis:6379");
    url = JSON.parse((await stack.pulumi(["stack", "output", "--json", "urls"])).text).features;
    await until("the API answers", async () => (await get("/features/3")).status === 200);
    expect((await get("/features/3")).body).toMatchObject({ id: 3, source: "redis" });
  });

  test("is admitted under Pod Security restricted, which refuses anything less", async () => {
    const { metadata } = await kube.core.readNamespace({ name: namespace });
    expect(metadata?.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
    const lax = { metadata: { name: "lax" }, spec: { containers: [{ name: "lax", image: "x", securityContext: { privileged: true } }] } };
    await expect(kube.core.createNamespacedPod({ namespace, body: lax })).rejects.toThrow(/violates PodSecurity/);
  });

  test("gives no pod a token or a folder to write in", async () => {
    const [api = ""] = await names("api");
    await expect(kube.exec(namespace, api, ["touch", "/x"])).rejects.toThrow("Read-only file system");
    await expect(kube.exec(namespace, api, ["touch", "/app/data/features/x"])).rejects.toThrow("Read-only file system");
    await expect(kube.exec(namespace, api, ["ls", "/var/run/secrets/kubernetes.io"])).rejects.toThrow("No such file");
  });

  test("keeps the password in Secret objects and nowhere else", async () => {
    const { items: secrets } = await kube.core.listNamespacedSecret({ namespace });
    const password = Buffer.from(
      secrets.find(({ data }) => data?.["password"] !== undefined)?.data?.["password"] ?? "",
      "base64",
    ).toString();
    expect(password).toHaveLength(43);
    const { items: all } = await kube.core.listNamespacedPod({ namespace });
    const { items: maps } = await kube.core.listNamespacedConfigMap({ namespace });
    const { items: events } = await kube.core.listNamespacedEvent({ namespace });
    const texts = [
      (await stack.pulumi(["stack", "export"])).text,
      (await stack.preview("--diff")).text,
      JSON.stringify([all, maps, events]),
      ...(await Promise.all(["redis", "api", "loader", "gateway"].map(logs))).flat(),
    ];
    for (const text of texts) {
      expect(text).not.toContain(password);
      expect(text).not.toContain(Buffer.from(password).toString("base64"));
    }
  });
});

test("a second up changes nothing, and the cluster agrees", async () => {
  await up(settings(), "--expect-no-changes");
  const { code, text } = await stack.pulumi(["refresh", "--preview-only", "--expect-no-changes"]);
  expect(code, text).toBe(0);
});

test("going from 2 to 4 replicas touches only the new ones", async () => {
  const before = await names("api");
  await up(settings({ api: { replicas: 4 } }));
  const after = await names("api");
  expect(after).toHaveLength(4);
  expect(after).toEqual(expect.arrayContaining(before));
});

test("a change of the API renews its replicas without a failed request", async () => {
  await up(settings({ api: { replicas: 2 } }));
  const before = await names("api");
  const { answered, failed } = await underTraffic(fraudQuestions(url), () => up(settings({ api: { replicas: 2, logLevel: "WARNING" } })));
  expect((await names("api")).filter((name) => before.includes(name))).toEqual([]);
  expect(failed).toEqual([]);
  expect(answered).toBeGreaterThan(50);
});

test("Redis killed: the API goes on, returns to it, and no acknowledged write is lost", async () => {
  const cli = (...words: string[]) =>
    kube.exec(namespace, "redis-0", ["bash", "-c", `REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ${words.join(" ")}`]);
  expect(await cli("set", "acknowledged", "yes")).toContain("OK");
  await kube.crash(namespace, "redis-0");
  const during = await Promise.all(Array.from({ length: 20 }, () => get("/features/3")));
  expect(during.map(({ status }) => status)).toEqual(Array(20).fill(200));
  await until("Redis is started again", async () => (await cli("ping")).includes("PONG"));
  await until("the API reads Redis again", async () => (await get("/features/3")).body["source"] === "redis");
  expect(await cli("get", "acknowledged")).toContain("yes");
});

test("the loader waits with a new limit for its next run, which new data start", async () => {
  const load = { resources: { cpu: 1, memory: "300Mi" } };
  const before = await names("loader");
  await up(settings({ load }));
  expect(await names("loader")).toEqual(before);
  expect(await up(settings({ load, dataVersion: "2" }))).toContain("(version 2)");
  expect(await names("loader")).not.toEqual(before);
  expect((await pods("loader"))[0]?.spec?.containers[0]?.resources?.limits?.["memory"]).toBe("300Mi");
  // Replicas that leave answer for some seconds more.
  await until("only renewed replicas answer", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => get("/ready")));
    return answers.every(({ body }) => body["version"] === "2");
  });
});

describe("what cannot be", () => {
  const good = settings({ load: { resources: { cpu: 1, memory: "300Mi" } }, dataVersion: "2" });
  const refused = async (config: object, ...lines: (string | RegExp)[]) => {
    const before = [await names("api"), await names("redis")];
    stack.configure(config as Record<string, unknown>);
    const { code, text } = await stack.up();
    expect(code, text).not.toBe(0);
    for (const line of lines) expect(text).toMatch(line);
    expect([await names("api"), await names("redis")]).toEqual(before);
    expect((await get("/features/3")).status).toBe(200);
  };
  // Its registry cannot be asked beforehand: what is to be seen comes later.
  const nowhere = `registry.invalid/mlstack/nowhere@sha256:${"0".repeat(64)}`;
  // With an image that is given: with devices, the trainer's own would be built on PyPI's PyTorch, which is five times as large.
  const ranks = (training: object) => ({
    ...good,
    images: { trainer: nowhere },
    training: { nodes: 2, enabled: true, startBudget: "5s", ...training },
  });

  test("a label that no node has, and GPUs that none has, are told in one line", async () => {
    await refused(
      ranks({ nodeSelector: { "example.com/pool": "training" } }),
      /gang "trainer" did not start all its members within 5s: no node can take trainer-\d-\w+, which needs label example.com\/pool=training, .*; the scheduler says: .*didn't match Pod's node affinity\/selector/,
    );
    await refused(
      ranks({ accelerator: { vendor: "nvidia", count: 16 } }),
      /which needs .*16 nvidia.com\/gpu.*; the scheduler says: .*Insufficient nvidia.com\/gpu/,
    );
  });

  test("device ids are refused before anything is changed", async () => {
    await refused(
      ranks({ accelerator: { vendor: "nvidia", devices: ["0"] } }),
      /not available on Kubernetes; only a single host can promise device ids; use \{ vendor: "nvidia", count: 1 \}/,
    );
  });

  test("an image that its registry has not is refused before anything is changed; one that cannot be pulled is named", async () => {
    const missing = nowhere.replace("registry.invalid", process.env["MLSTACK_TEST_REGISTRY"] ?? "");
    await refused({ ...ranks({}), images: { trainer: missing } }, /1 obstacle; nothing was changed[\s\S]*nowhere@sha256:0+/);
    await refused(ranks({ startBudget: "15s" }), /image "[^"]*nowhere@sha256:0+" cannot be pulled: /);
  });

  test("a tag instead of a digest, and a volume that shrinks, are refused before anything is changed", async () => {
    await refused(
      { ...good, images: { "feature-api": "shop/api:1" } },
      /must name the image by digest \(shop\/api@sha256:…\), got "shop\/api:1"/,
    );
    await refused({ ...good, features: { ...good.features, size: "1Gi" } }, /is 2Gi and cannot shrink to 1Gi/);
  });

  test("fixed, it goes on", async () => {
    await up(good);
    await up(good, "--expect-no-changes");
  });
});

describe("training", () => {
  /** So many epochs that no test meets the end. */
  const training = { enabled: true, epochs: 5000, maxRestarts: 1, env: { EPOCH_SECONDS: "1", COLLECTIVE_TIMEOUT: "10" } };
  const data = { load: { resources: { cpu: 1, memory: "300Mi" } }, dataVersion: "2" };
  const all = async (text: string | RegExp) => (await logs("trainer")).every((log) => log.match(text) !== null);

  test("four ranks meet and the loss falls", async () => {
    await up(settings(data, training));
    await until("every rank has done 5 epochs", () => all("epoch=5 "));
    const said = await logs("trainer");
    for (const rank of [0, 1, 2, 3])
      expect(said[rank]).toContain(`rank=${rank} world_size=4 local_rank=0 backend=gloo master=trainer-0.trainer:12355`);
    const losses = [...(said[0] ?? "").matchAll(/epoch=\d+ loss=([\d.]+)/g)].map(([, loss]) => Number(loss));
    expect(losses[4]).toBeLessThan(losses[0] ?? 0);
  });

  test("monitoring touches no part, reads all of them through flows of its own, and finds what they write", async () => {
    const workloads = ["api", "gateway", "redis", "trainer"];
    const before = await Promise.all(workloads.map(names));
    const images = { monitoring: monitoringParts };
    const close = await openApiForPods(process.env["KUBECONFIG"] ?? "");
    try {
      await up({ ...settings(data, training), images, monitoring: {} });
      expect(await Promise.all(workloads.map(names))).toEqual(before);
      const page = async (name: string, port: number) => kube.forward(namespace, `monitoring-${name}`, port);
      const opened = await Promise.all([page("metrics", 8428), page("alerts", 8880), page("logs", 9428)]);
      const [metrics, alerts, found] = opened.map(({ port }) => `http://127.0.0.1:${port}`) as [string, string, string];
      const pages = { metrics, alerts, logs: found };
      await untilRead(pages, { api: 2, gateway: 1, redis: 1, trainer: 4 });
      expect(await brokenRules(pages)).toEqual([]);
      expect(await deadAtLast(pages)).toEqual([]);
      for (const shown of [`${metrics}/vmui/`, `${alerts}/vmalert/groups`, `${found}/select/vmui/`])
        expect((await fetch(shown)).status).toBe(200);
      await until("lines of every rank and of the API are there", async () => {
        const sources = await lines(pages, '{sourcetype=~"trainer|api"} | stats by (sourcetype, source) count() lines');
        const ranks = sources.flatMap(({ source = "" }) => (source.startsWith("trainer-") ? [source] : []));
        return sources.length === 6 && ranks.length === 4;
      });
      const [line] = await lines(pages, '{source="trainer-3"} "world_size=4" | limit 1');
      expect(line).toMatchObject({ sourcetype: "trainer", index: "mlstack.it", _msg: expect.stringContaining("rank=3") });
      const { items } = await kube.core.listNamespacedService({ namespace, labelSelector: "mlstack.dev/workload=monitoring-metrics" });
      expect(items.map(({ spec }) => spec?.type)).toEqual(["ClusterIP", "ClusterIP"]);
      for (const { close } of opened) await close();
      await up(settings(data, training));
    } finally {
      await close();
    }
  });

  test("a node that is emptied costs no restart, and one rank killed costs one: all resume from the checkpoint", async () => {
    const go = /resumed from epoch[\s\S]*epoch=\d+ loss/;
    const [, , evicted = ""] = await names("trainer");
    await kube.core.createNamespacedPodEviction({ namespace, name: evicted, body: { metadata: { name: evicted, namespace } } });
    await until("all ranks have resumed", async () => (await names("trainer"))[2] !== evicted && (await all(go)));
    const [, killed = ""] = await names("trainer");
    await kube.crash(namespace, killed);
    await until("all ranks have resumed again", async () => (await names("trainer"))[1] !== killed && (await all(go)));
  });

  test("a fifth rank is announced as a restart of training", async () => {
    stack.configure(settings(data, { ...training, nodes: 5 }));
    const { text } = await stack.preview();
    expect(text).toContain('gang "trainer": 4 → 5 members ends the 4 that run; training starts again from its last checkpoint');
    expect(text).toMatch(/\+-\s+kubernetes:batch\/v1:Job trainer replace/);
    await up(settings(data, { ...training, nodes: 5 }));
    await until(
      "five ranks go on",
      async () => (await names("trainer")).length === 5 && (await all(/resumed from epoch[\s\S]*world_size=5/)),
    );
  });
});

test("destroy leaves nothing", async () => {
  const { code, text } = await stack.destroy();
  expect(code, text).toBe(0);
  expect(await kube.objects("mlstack.dev/stack=mlstack.it")).toEqual([]);
});
