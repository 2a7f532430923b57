import { buildCluster } from "../offline/cluster.ts";
import { setUp } from "../setup/index.ts";

/** Makes what all tests need of this machine, the programs of either target and the test cluster's, and runs nothing. */
export async function prepare(): Promise<number> {
  await setUp(["core", "kubernetes"]);
  await buildCluster();
  return 0;
}
