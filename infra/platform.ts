import { DockerPlatform } from "../components/docker/platform.ts";
import type { Platform } from "../components/workload/index.ts";
import type { Settings } from "./config.ts";

/** The platform that the stack file names. The only place of the program that knows the targets. */
export function createPlatform({ kind: _docker, ...settings }: Settings["platform"]): Promise<Platform> {
  return DockerPlatform.connect(settings);
}
