import { setTimeout as pause } from "node:timers/promises";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";

import { Problem } from "../lib/problem.ts";

const NAMESPACE = "kube-system";
const NAME = "mlstack-kept-images";
/** Milliseconds between two looks, and the longest time that it may take. */
const BETWEEN = 250;
const PATIENCE = 120_000;

/**
 * Keeps images on the only node of a test cluster, by a pod that runs from each of them: a node whose disk is 85 % full
 * throws away what nothing runs from just then, and what was copied there, from no registry, never comes back. Above all
 * that is the image with which every pod begins.
 *
 * @param images names of images that are on the node, and for each a command that does nothing, if it has none itself
 */
export async function pinImages(kubeconfig: string, images: Readonly<Record<string, string[] | undefined>>): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const containers = Object.entries(images).map(([image, command], index) => ({
    name: `image-${index}`,
    image,
    imagePullPolicy: "Never",
    ...(command === undefined ? {} : { command }),
    resources: { limits: { cpu: "10m", memory: "16Mi" } },
  }));
  const spec = { containers, automountServiceAccountToken: false, terminationGracePeriodSeconds: 0 };
  const existing = () => core.readNamespacedPod({ name: NAME, namespace: NAMESPACE }).catch(() => undefined);
  const end = Date.now() + PATIENCE;
  let why = "it cannot be made";
  while (Date.now() < end) {
    const pod = await existing();
    if (pod?.status?.phase === "Running") return;
    // Refused until the new cluster has the account under which pods of its namespace run.
    if (pod === undefined) {
      await core.createNamespacedPod({ namespace: NAMESPACE, body: { metadata: { name: NAME }, spec } }).catch((error: Error) => {
        why = error.message;
      });
    } else {
      why = `it is ${pod.status?.phase}`;
    }
    await pause(BETWEEN);
  }
  throw new Problem(`Kubernetes: the pod ${NAMESPACE}/${NAME}, which keeps images on the node, does not run: ${why}`);
}
