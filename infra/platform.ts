import { type Platform, unreachable } from "../components/workload/index.ts";
import type { ProgramSettings } from "./settings.ts";

type PlatformSettings = ProgramSettings["platform"];

/** Makes the platform of a stack, or undefined where a target has no such form. */
export type Connect = (settings: PlatformSettings) => Promise<Platform | undefined>;

/**
 * The platform that the stack file names. The only place of the program that knows the targets; each is loaded only
 * where it is used, since their clients and providers are a good part of a preview's time.
 */
export const createPlatform = async (platform: PlatformSettings): Promise<Platform> => {
  switch (platform.kind) {
    case "docker": {
      const { kind: _, ...settings } = platform;
      const { DockerPlatform } = await import("../components/docker/platform.ts");
      return DockerPlatform.connect(settings);
    }
    case "kubernetes": {
      const { kind: _, ...settings } = platform;
      const { KubernetesPlatform } = await import("../components/kubernetes/platform.ts");
      return KubernetesPlatform.connect(settings);
    }
    default:
      return unreachable(platform);
  }
};

/** The same without a cluster, for a rendering of what would be applied; undefined where the target has no such form. */
export const offlinePlatform: Connect = async (platform) => {
  if (platform.kind !== "kubernetes") return undefined;
  const { kind: _, ...settings } = platform;
  const { KubernetesPlatform } = await import("../components/kubernetes/platform.ts");
  return KubernetesPlatform.offline(settings);
};
