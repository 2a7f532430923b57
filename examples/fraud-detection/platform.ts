import { DockerPlatform } from "../../components/docker/platform.ts";
import type { Platform } from "../../components/workload/index.ts";

/** Where the system runs: the only file that names a target. */
export function createPlatform(): Promise<Platform> {
  return DockerPlatform.connect({
    prefix: "fraud-detection",
    network: { name: "fraud-detection-network", subnet: "172.20.0.0/16" },
  });
}
