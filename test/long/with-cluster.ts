import { CLUSTER_SCRIPT, cluster } from "../../tools/offline/cluster.ts";
import { registry, testImages } from "../../tools/offline/registry.ts";
import { setUp } from "../../tools/setup/index.ts";

/** Does something with the toolchain, the cluster and the registry of `npm run test:kubernetes`; none of it where no cluster can be had. */
export async function withCluster(work: () => Promise<void>): Promise<void> {
  const env = await setUp(["core", "kubernetes"]);
  const nodes = await cluster(env["MLSTACK_BASE_IMAGE"] ?? "");
  if (nodes === undefined) return;
  try {
    const images = await registry(testImages());
    const where = { KUBECONFIG: nodes.kubeconfig, MLSTACK_TEST_REGISTRY: images.address, MLSTACK_TEST_CLUSTER: CLUSTER_SCRIPT };
    try {
      Object.assign(process.env, env, where);
      await work();
    } finally {
      await images.end();
    }
  } finally {
    await nodes.down();
  }
}
