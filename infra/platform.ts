import { type Platform, type TaskLaunch, type TaskRequest, unreachable } from "../components/workload/index.ts";
import type { Settings } from "./config.ts";

type Chosen = Pick<Settings, "platform" | "registryPassword">;

/**
 * The platform that the stack file names. The only place of the program that knows the targets; each is loaded only
 * where it is used, since their clients and providers are a good part of a preview's time.
 */
export async function createPlatform({ platform, registryPassword }: Chosen): Promise<Platform> {
  switch (platform.kind) {
    case "docker": {
      const { kind: _, ...settings } = platform;
      const { DockerPlatform } = await import("../components/docker/platform.ts");
      return DockerPlatform.connect(settings);
    }
    case "kubernetes": {
      const { KubernetesPlatform } = await import("../components/kubernetes/platform.ts");
      return KubernetesPlatform.connect(kubernetesSettings(platform, registryPassword));
    }
    default:
      return unreachable(platform);
  }
}

/** The same without a cluster, for a rendering of what would be applied; undefined where the target has no such form. */
export async function offlinePlatform({ platform, registryPassword }: Chosen): Promise<Platform | undefined> {
  if (platform.kind !== "kubernetes") return undefined;
  const { KubernetesPlatform } = await import("../components/kubernetes/platform.ts");
  return KubernetesPlatform.offline(kubernetesSettings(platform, registryPassword));
}

/** Runs a task of a deployed stack and resolves to its exit code. Each target's client is loaded only where it is used. */
export async function runTask(launch: TaskLaunch, request: TaskRequest): Promise<number> {
  switch (launch.platform) {
    case "docker":
      return (await import("../components/docker/task-run.ts")).runTask(launch, request);
    case "kubernetes":
      return (await import("../components/kubernetes/task-run.ts")).runTask(launch, request);
    default:
      return unreachable(launch);
  }
}

function kubernetesSettings(
  { kind: _, registry, ...settings }: Extract<Settings["platform"], { kind: "kubernetes" }>,
  password: Settings["registryPassword"],
) {
  return { ...settings, ...(registry === undefined ? {} : { registry: { ...registry, ...(password === undefined ? {} : { password }) } }) };
}
