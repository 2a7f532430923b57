import type * as pulumi from "@pulumi/pulumi";

import { DockerPlatform } from "../../components/docker/platform.ts";
import { KubernetesPlatform } from "../../components/kubernetes/platform.ts";
import type { Platform } from "../../components/workload/index.ts";

/** Where the system runs, as the stack's settings say: the only file that names a target. */
export function createPlatform(config: pulumi.Config): Promise<Platform> {
  const registry = config.get("registry");
  if (registry === undefined) {
    return DockerPlatform.connect({ prefix: config.get("prefix") ?? "image-classifier" });
  }
  // Customers' data are kept, and so is the namespace that holds them.
  return KubernetesPlatform.connect({ registry: { address: registry }, namespace: { name: "image-classifier", keep: true } });
}
