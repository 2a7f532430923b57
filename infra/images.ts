import { fileURLToPath } from "node:url";
import type * as pulumi from "@pulumi/pulumi";

import type { Platform } from "../components/workload/index.ts";
import type { Settings } from "./config.ts";

/** Folder below `workloads/` and further build arguments of each image. */
const SOURCES = {
  redis: { folder: "redis" },
  features: { folder: "features" },
  api: { folder: "feature-api" },
  gateway: { folder: "gateway" },
  trainer: { folder: "trainer" },
} as const;

export type ImageName = keyof typeof SOURCES;

/** The image of a part: the one the stack file names, else built from `workloads/`. */
export function imageOf(name: ImageName, platform: Platform, settings: Settings, parent: pulumi.Resource): pulumi.Output<string> {
  const given = settings.images[name];
  const { folder } = SOURCES[name];
  const context = fileURLToPath(new URL(`../workloads/${folder}`, import.meta.url));
  const spec = given === undefined ? { build: { context, target: "runtime", args: buildArgs(name, settings) } } : { reference: given };
  return platform.image(folder, spec, { parent }).reference;
}

/** Devices need the PyTorch of PyPI, which brings CUDA and NCCL; Debian's is a tenth of its size. */
function buildArgs(name: ImageName, { baseImage, training }: Settings): Record<string, string> {
  const torch = name === "trainer" ? { TORCH: training.accelerator === undefined ? "debian" : "pypi" } : {};
  return { BASE: baseImage, ...torch };
}
