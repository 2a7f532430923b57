import type { V1Pod } from "@kubernetes/client-node";

import { openApiForPods } from "../../support/api-for-pods.ts";
import { kubernetesExample } from "../../support/example.ts";
import { type Forward, Kube } from "../../support/kube.ts";
import { newest } from "../../support/kubernetes-target.ts";
import type { Pages } from "../../support/monitoring.ts";
import type { Ground } from "./ground.ts";

/** Ports of monitoring's pages. */
const PAGES = { metrics: 8428, alerts: 8880, logs: 9428 } as const;

/** An example in a namespace of the tests' cluster. */
export async function kubernetesGround(name: string, namespace: string): Promise<Ground> {
  const kube = new Kube();
  const closeApi = await openApiForPods(process.env["KUBECONFIG"] ?? "");
  const example = await kubernetesExample(name, namespace);
  const opened: Forward[] = [];
  let pages: Pages | undefined;

  /** The pod that has this number: of the oldest, or of the member. */
  async function podOf(part: string, at: number): Promise<string> {
    const pods = newest(await kube.pods(namespace, part));
    const isMember = pods.some(({ metadata }) => metadata?.labels?.["batch.kubernetes.io/job-completion-index"] !== undefined);
    const pod = isMember ? pods[at] : [...pods].sort(byAge)[at];
    if (pod?.metadata?.name === undefined) throw new Error(`no pod of ${part} ${at}`);
    return pod.metadata.name;
  }
  /** Deployment or StatefulSet, whichever the service is. */
  async function kindOf(part: string): Promise<"Deployment" | "StatefulSet"> {
    return kube.read(namespace, "Deployment", part).then(
      () => "Deployment",
      () => "StatefulSet",
    );
  }
  return {
    example,
    async pages() {
      if (pages !== undefined) return pages;
      const page = async (which: keyof typeof PAGES) => {
        const forward = await kube.forward(namespace, `monitoring-${which}`, PAGES[which]);
        opened.push(forward);
        return `http://127.0.0.1:${forward.port}`;
      };
      pages = { metrics: await page("metrics"), alerts: await page("alerts"), logs: await page("logs") };
      return pages;
    },
    async halt(part, left) {
      const kind = await kindOf(part);
      const before = Object(await kube.read(namespace, kind, part)).spec.replicas;
      await kube.change(namespace, kind, part, { spec: { replicas: left } });
      return () => kube.change(namespace, kind, part, { spec: { replicas: before } });
    },
    hang: async (part, at) => kube.freeze(namespace, await podOf(part, at)),
    crash: async (part, at) => kube.crash(namespace, await podOf(part, at)),
    async exchange(part, version) {
      const env = [
        { name: "MODEL_VERSION", value: version },
        { name: "MODEL_SHA256", $patch: "delete" },
      ];
      await kube.change(namespace, "Deployment", part, { spec: { template: { spec: { containers: [{ name: part, env }] } } } }, true);
    },
    async remove() {
      for (const forward of opened) await forward.close();
      await example.remove();
      await closeApi();
    },
  };
}

function byAge(a: V1Pod, b: V1Pod): number {
  const [x = 0, y = 0] = [a, b].map(({ metadata }) => metadata?.creationTimestamp?.getTime());
  return x - y;
}
