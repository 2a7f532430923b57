import { randomInt } from "node:crypto";
import type { V1Pod } from "@kubernetes/client-node";

import { isMemory, toBytes } from "../../components/workload/units.ts";
import type { Looked } from "../report/truth.ts";
import type { Runs, World } from "../report/world.ts";
import { NODE } from "./example.ts";
import { Kube } from "./kube.ts";
import { newest } from "./kubernetes-target.ts";
import { TestStack } from "./stack.ts";

const WORKLOADS = {
  redis: "service",
  api: "service",
  gateway: "service",
  fraud: "service",
  "fraud-gateway": "service",
  trainer: "gang",
  build: "job",
  loader: "job",
} as const;
/** Milliseconds between two looks at the pods. */
const LOOK = 100;

/** A stack of the project's own program in a namespace of the tests' cluster, and what runs of it. */
export async function lookedAtOnKubernetes(name: string): Promise<Looked> {
  const kube = new Kube();
  const base = process.env["MLSTACK_BASE_IMAGE"] ?? "";
  await kube.load(base);
  const stack = await TestStack.create(name);
  const namespace = `it-${name}`;
  // Two that no other test publishes at.
  const [first] = [randomInt(31_000, 32_000)];
  const url = (index: number) => `http://${NODE}:${first + index}`;
  const named = async (workload: string) => newest(await kube.pods(namespace, workload))[0]?.metadata?.name ?? workload;
  return {
    kind: "kubernetes",
    stack,
    own: {
      "platform.namespace.name": namespace,
      "platform.registry.address": `${process.env["MLSTACK_TEST_REGISTRY"]}/mlstack`,
      "platform.pinnedImages": false,
      "features.publish.port": first,
      "serving.fraud.publish.port": first + 1,
    },
    asked: [
      { name: "gateway", url: `${url(0)}/features/3`, needs: ["api"] },
      { name: "fraud-gateway", url: `${url(1)}/ready`, needs: ["fraud"] },
    ],
    world: () => worldOf(kube, namespace),
    watch: async () => watched(kube, namespace),
    exec: async (workload, command) => kube.exec(namespace, await named(workload), [...command]),
    log: async (workload) => kube.logs(namespace, await named(workload)),
    async remove() {
      await stack.remove();
      await kube.removeNamespace(namespace);
      await kube.recycleVolumes();
    },
  };
}

async function worldOf(kube: Kube, namespace: string): Promise<World> {
  const { items: services } = await kube.core.listNamespacedService({ namespace });
  const runs: Record<string, Runs> = {};
  for (const [name, noun] of Object.entries(WORKLOADS)) {
    const pods = newest(await kube.pods(namespace, name));
    if (pods.length === 0) continue;
    const published = services.filter(
      ({ metadata, spec }) => metadata?.labels?.["mlstack.dev/workload"] === name && spec?.type === "NodePort",
    );
    const ports = published.flatMap(({ spec }) => (spec?.ports ?? []).map(({ nodePort }) => [`port ${nodePort}`, 1] as const));
    runs[name] = {
      noun,
      copies: pods.map((pod) => ({ id: idOf(pod, noun), ...sizesOf(pod), rights: [] })),
      openings: Object.fromEntries(ports),
    };
  }
  const { items: claims } = await kube.core.listNamespacedPersistentVolumeClaim({ namespace });
  return { runs, volumes: Object.fromEntries(claims.map(({ metadata }) => [metadata?.name ?? "", metadata?.uid ?? ""])) };
}

/** Work and ranks are the same as long as their Job is; a replica is its pod. */
function idOf({ metadata }: V1Pod, noun: Runs["noun"]): string {
  return (noun === "service" ? metadata?.uid : metadata?.ownerReferences?.[0]?.uid) ?? "";
}

function sizesOf({ spec }: V1Pod): { cpu: number; memory: number } {
  const { cpu = "0", memory = "" } = spec?.containers[0]?.resources?.limits ?? {};
  return { cpu: cpu.endsWith("m") ? Number(cpu.slice(0, -1)) : Number(cpu) * 1000, memory: isMemory(memory) ? toBytes(memory) : 0 };
}

/** Looks again and again whether a pod of each service is ready. */
function watched(kube: Kube, namespace: string): () => Promise<ReadonlySet<string>> {
  const away = new Set<string>();
  let isOver = false;
  const look = async (): Promise<void> => {
    const { items } = await kube.core.listNamespacedPod({ namespace });
    for (const [name, noun] of Object.entries(WORKLOADS)) {
      const own = items.filter(({ metadata }) => metadata?.labels?.["mlstack.dev/workload"] === name);
      const isReady = own.some(({ status }) => status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"));
      if (noun === "service" && !isReady) away.add(name);
    }
    if (isOver) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    await look();
  };
  const looking = look();
  return async () => {
    isOver = true;
    await looking;
    return away;
  };
}
