import type { V1Pod } from "@kubernetes/client-node";

import type { Target } from "../contract/target.ts";
import { Kube } from "./kube.ts";
import { TestStack } from "./stack.ts";

/** The cluster of `npm run test:kubernetes`, with the base image on its node and built ones in the tests' registry. */
export async function kubernetesTarget(name: string): Promise<Target & { readonly kube: Kube; readonly namespace: string }> {
  const kube = new Kube();
  await kube.load(process.env["MLSTACK_BASE_IMAGE"] ?? "");
  const stack = await TestStack.create(name, { main: "test/contract/program.ts" });
  const namespace = `mlstack-${name}`;
  // What a run that was killed has left is of another state, and refused.
  await kube.removeNamespace(namespace);
  const pods = async (workload: string) => newest(await kube.pods(namespace, workload));
  const named = async (workload: string, index = 0) => {
    const pod = (await pods(workload))[index]?.metadata?.name;
    if (pod === undefined) throw new Error(`no ${workload} ${index}`);
    return pod;
  };
  const label = `mlstack.dev/stack=mlstack.${name}`;
  return {
    kube,
    namespace,
    stack,
    platform: {
      kubernetes: {
        namespace: { name: namespace },
        pinnedImages: false,
        registry: { address: `${process.env["MLSTACK_TEST_REGISTRY"]}/mlstack` },
      },
    },
    runs: async (workload) => (await pods(workload)).map(({ metadata }) => metadata?.uid ?? ""),
    started: async (workload) => (await kube.pods(namespace, workload)).map(({ metadata }) => metadata?.name ?? ""),
    log: async (workload, index) => kube.logs(namespace, await named(workload, index)),
    exec: async (workload, index, command) => kube.exec(namespace, await named(workload, index), command),
    objects: () => kube.objects(label),
    // Not by deleting the namespace: a Job that is in it may stay, and with it its pods and the namespace, for good.
    async clear() {
      await stack.destroy();
    },
    async remove() {
      await stack.remove();
      await kube.removeNamespace(namespace);
      await kube.recycleVolumes();
    },
  };
}

/** Of the pods that a member has had, the one it has now, by member. */
export function newest(pods: readonly V1Pod[]): V1Pod[] {
  const standing = pods.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  const made = ({ metadata }: V1Pod) => metadata?.creationTimestamp?.getTime() ?? 0;
  const member = ({ metadata }: V1Pod) =>
    metadata?.labels?.["batch.kubernetes.io/job-completion-index"] ??
    metadata?.labels?.["batch.kubernetes.io/job-name"] ??
    metadata?.name ??
    "";
  const latest = new Map([...standing].sort((a, b) => made(a) - made(b)).map((pod) => [member(pod), pod]));
  return [...latest.entries()].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true })).map(([, pod]) => pod);
}
