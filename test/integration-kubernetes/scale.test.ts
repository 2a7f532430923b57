import { execFileSync } from "node:child_process";
import { BatchV1Api, KubeConfig } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import type { Duration, GpuModel } from "../../components/workload/index.ts";
import { service, shell } from "../contract/containers.ts";
import type { Ask } from "../contract/program.ts";
import { kubernetesTarget } from "../support/kubernetes-target.ts";
import { until } from "../support/stack.ts";

/**
 * Hundreds of GPUs on real control-plane programs: the scheduler and the Job controller are the real ones, the nodes are
 * simulated (kwok) and only pretend that a pod runs; the pods of a Job end well at once. The one real node has no GPU.
 */
const H100 = "NVIDIA-H100-80GB-HBM3";
const L4 = "NVIDIA-L4";
const PRODUCT = "nvidia.com/gpu.product";
const [NODES, PER_NODE] = [32, 8];
/** Pods of nobody's that take GPUs. */
const HOLDERS = { namespace: "default", labelSelector: "mlstack.test=scale", gracePeriodSeconds: 0 };

let target: Awaited<ReturnType<typeof kubernetesTarget>>;

beforeAll(async () => {
  target = await kubernetesTarget("scale");
  await clear();
  await gpuNodes(NODES, H100);
});
afterEach(() => target.stack.destroy());
afterAll(async () => {
  await target.remove();
  await clear();
});

/** Also what a test that was killed left. */
async function clear(): Promise<void> {
  await target.kube.core.deleteCollectionNamespacedPod(HOLDERS);
  await target.kube.core.deleteCollectionNode({ labelSelector: "type=kwok" });
}

/** Adds simulated nodes of eight GPUs, and waits until pods may be bound to them. */
async function gpuNodes(amount: number, product: string): Promise<void> {
  execFileSync(process.env["MLSTACK_TEST_CLUSTER"] ?? "", ["gpu-nodes", String(amount), product]);
  await until(`${amount} nodes with ${product}`, async () => {
    const { items } = await target.kube.core.listNode({ labelSelector: `${PRODUCT}=${product}` });
    // A new node is tainted until it is ready.
    return items.filter(({ spec }) => spec?.taints?.every(({ key }) => key === "nvidia.com/gpu")).length === amount;
  });
}

const gpus = (count: number, model: GpuModel) => ({ accelerator: { vendor: "nvidia" as const, count, model } });

/** An ask for one gang, `ring`. */
const gang = (size: number, placement: object, startBudget: Duration = "60s"): Ask => ({
  gangs: { ring: { container: shell("exec sleep 600"), size, rendezvousPort: 8080, startBudget, placement } },
});

async function up(ask: Ask): Promise<{ code: number; text: string }> {
  target.stack.configure({ ask: { ...target.platform, ...ask } });
  return target.stack.up();
}

/** Deploys what cannot be placed; returns the lines that say so. */
async function refused(ask: Ask): Promise<string[]> {
  const { code, text } = await up(ask);
  expect(code, text).not.toBe(0);
  // Each cause is shown twice: when it comes, and once more at the end.
  return text.split("\n").filter((line) => /^ *error: (gang|service) /.test(line));
}

/** How many pods of the gang are bound to nodes of each product; `none` is the real node or no node at all. */
async function placed(): Promise<Record<string, number>> {
  const nodes = new Map((await target.kube.core.listNode()).items.map(({ metadata }) => [metadata?.name, metadata?.labels?.[PRODUCT]]));
  const amounts: Record<string, number> = {};
  for (const { spec } of await target.kube.pods(target.namespace, "ring")) {
    const product = nodes.get(spec?.nodeName) ?? "none";
    amounts[product] = (amounts[product] ?? 0) + 1;
  }
  return amounts;
}

describe("a gang with GPUs", () => {
  test("of 256 members has them all on nodes of the model it asks for", async () => {
    const { code, text } = await up(gang(NODES * PER_NODE, gpus(1, "H100")));
    expect(code, text).toBe(0);
    expect(await placed()).toEqual({ [H100]: 256 });
    expect((await target.stack.preview("--expect-no-changes")).code).toBe(0);
  });

  test("is kept to its model where the cluster has several", async () => {
    await gpuNodes(2, L4);
    const { code, text } = await up(gang(4, gpus(1, "L4")));
    expect(code, text).toBe(0);
    expect(await placed()).toEqual({ [L4]: 4 });
  });

  test("of 1,024 members is admitted, says which GPUs are missing, and has them all once they are free", async () => {
    await holdAllGpus();
    const lines = await refused(gang(1024, gpus(1, "H100"), "5s"));
    expect(lines).toEqual([
      expect.stringMatching(
        / label nvidia\.com\/gpu\.product in \(NVIDIA-H100-80GB-HBM3, .*1 nvidia\.com\/gpu.*Insufficient nvidia\.com\/gpu/,
      ),
    ]);
    const config = new KubeConfig();
    config.loadFromDefault();
    const { spec } = await config.makeApiClient(BatchV1Api).readNamespacedJob({ namespace: target.namespace, name: "ring" });
    expect([spec?.completionMode, spec?.completions, spec?.parallelism]).toEqual(["Indexed", 1024, 1024]);

    await target.kube.core.deleteCollectionNamespacedPod(HOLDERS);
    const { code, text } = await up(gang(1024, gpus(1, "H100")));
    expect(code, text).toBe(0);
    expect(await placed()).toEqual({ [H100]: 1024 });
  });
});

/** One pod for each H100 node takes its eight GPUs, as another tenant's would; a pod of no Job never ends by itself. */
async function holdAllGpus(): Promise<void> {
  const limits = { "nvidia.com/gpu": String(PER_NODE) };
  const tolerations = [{ key: "nvidia.com/gpu", operator: "Exists" }];
  const spec = { containers: [{ name: "main", image: "none", resources: { limits } }], nodeSelector: { [PRODUCT]: H100 }, tolerations };
  const metadata = { generateName: "gpu-holder-", labels: { "mlstack.test": "scale" } };
  for (let made = 0; made < NODES; made++) await target.kube.core.createNamespacedPod({ ...HOLDERS, body: { metadata, spec } });
  const running = async () => (await target.kube.core.listNamespacedPod(HOLDERS)).items.filter(({ status }) => status?.phase === "Running");
  await until("all GPUs taken", async () => (await running()).length === NODES);
}

test.each<[string, Ask, RegExp]>([
  [
    "a model that no node has",
    gang(4, gpus(1, "B200"), "8s"),
    /gang "ring" did not start all its members within 8s: no node can take ring-\d-\w+, which needs label nvidia\.com\/gpu\.product in \(NVIDIA-B200\), .*\b1 nvidia\.com\/gpu; the scheduler says: 0\/\d+ nodes are available: /,
  ],
  [
    "more GPUs than any node has",
    service(shell("sleep 600"), { startBudget: "8s", placement: gpus(16, "H100") }),
    /service "web" was not ready within 8s: no node can take web-\S+, which needs .*\b16 nvidia\.com\/gpu; the scheduler says: .*Insufficient nvidia\.com\/gpu/,
  ],
  [
    "a label that no node has",
    service(shell("sleep 600"), { startBudget: "8s", placement: { nodeSelector: { "example.com/rack": "7" } } }),
    /service "web" was not ready within 8s: no node can take web-\S+, which needs label example\.com\/rack=7, .*; the scheduler says: .*node affinity\/selector/,
  ],
])("a wish for %s fails within its budget, and one line says what is missing", async (_, ask, expected) => {
  const started = Date.now();
  const lines = await refused(ask);
  expect(lines).toEqual([expect.stringMatching(expected)]);
  expect(Date.now() - started).toBeLessThan(30_000);
});
