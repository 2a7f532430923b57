import { afterAll, beforeAll, expect, test } from "vitest";

import { daily } from "../support/daily.ts";
import { Kube } from "../support/kube.ts";
import { newest } from "../support/kubernetes-target.ts";
import { TestStack, until } from "../support/stack.ts";
import { fraudQuestions, underTraffic } from "../support/traffic.ts";

/** The example as it is, but for the registry and its namespace. */
const kube = new Kube();
const namespace = "it-fraud-detection";
let stack: TestStack;

beforeAll(async () => {
  const where = { folder: "examples/fraud-detection", project: "fraud-detection", prefix: "it-fraud-detection-k8s", from: "kubernetes" };
  stack = await TestStack.create("it-kubernetes", where);
  stack.edit(stack.file, (text) =>
    text
      .replace("name: fraud-detection", `name: ${namespace}`)
      .replace("registry.example.com/fraud-detection", `${process.env["MLSTACK_TEST_REGISTRY"]}/mlstack`),
  );
});
afterAll(async () => {
  await stack.remove();
  await kube.removeNamespace(namespace);
  await kube.recycleVolumes();
});

test("runs: features, Redis, API, four ranks with the variables of the system", async () => {
  const { code, text } = await stack.up();
  expect(code, text).toBe(0);
  const url = JSON.parse((await stack.pulumi(["stack", "output", "--json", "urls"])).text).features;
  await until(
    "the API answers from Redis",
    async () => ((await (await fetch(`${url}/features/1`)).json()) as { source: string }).source === "redis",
  );
  const [api] = await kube.pods(namespace, "api");
  const env = await kube.exec(namespace, api?.metadata?.name ?? "", ["env"]);
  for (const variable of ["FEATURE_STORE_BACKEND=redis", "REDIS_HOST=redis", "REDIS_PORT=6379", "STORAGE_BASE_DIR=/app/data/features"])
    expect(env).toContain(`${variable}\n`);
  const logs = async () =>
    Promise.all(newest(await kube.pods(namespace, "trainer")).map(({ metadata }) => kube.logs(namespace, metadata?.name ?? "")));
  await until("all ranks have finished", async () => (await logs()).filter((log) => log.includes("finished epochs=20")).length === 4);
  for (const [rank, log] of (await logs()).entries())
    expect(log).toContain(`rank=${rank} world_size=4 local_rank=0 backend=gloo master=trainer-0.trainer:12355`);
});

test("is looked at, read, entered and restarted, and fails no request", async () => {
  // A rank says that it has finished a moment before it ends.
  await until("all ranks have ended", async () => /✓ training\/trainer +finished /.test((await daily(stack, "status")).text));
  const { code, text } = await daily(stack, "status");
  expect(code, text).toBe(0);
  expect(text).toMatch(/✓ features\/api +2\/2 ready .* fraud /);
  expect(text).toMatch(/✓ training\/trainer +finished /);

  const finished = await daily(stack, "logs", "trainer", "--grep", "finished epochs");
  expect(finished.output.match(/^trainer-\d(?= \| )/gm)?.sort()).toEqual(["trainer-0", "trainer-1", "trainer-2", "trainer-3"]);
  const [api] = await kube.pods(namespace, "api");
  const hostname = api?.metadata?.name ?? "";
  expect(await daily(stack, "shell", hostname, "--", "sh", "-c", "hostname; exit 7")).toMatchObject({ code: 7, output: `${hostname}\n` });
  expect(await daily(stack, "shell", "api", "--", "nosuch")).toMatchObject({
    code: 1,
    text: 'api-0 has no program "nosuch" in its image\n',
  });

  const podNames = async () => (await kube.pods(namespace, "api")).map(({ metadata }) => metadata?.name);
  const url = (await daily(stack, "open", "gateway")).output.trim();
  const { result, answered, failed } = await underTraffic(fraudQuestions(url), () => daily(stack, "restart", "api"));
  expect(result).toMatchObject({ code: 0, output: expect.stringContaining("api: ready") });
  expect(failed).toEqual([]);
  expect(answered).toBeGreaterThan(20);
  // It has been asked to leave, and finishes what it was asked before that.
  await until("the replica of before has left", async () => !(await podNames()).includes(hostname));
});

test("a second up changes nothing, also after a restart", async () => {
  const { code, text } = await stack.up("--expect-no-changes");
  expect(code, text).toBe(0);
});

test("leaves Redis' data, which are marked to be kept, and their namespace", async () => {
  expect((await stack.destroy()).code).toBe(0);
  expect(await kube.objects("mlstack.dev/stack=fraud-detection.it-kubernetes")).toEqual([
    `Namespace/${namespace}`,
    "PersistentVolumeClaim/redis",
  ]);
});
