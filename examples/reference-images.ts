import { fileURLToPath } from "node:url";
import type * as pulumi from "@pulumi/pulumi";

import type { ChildOptions, Platform } from "../components/workload/index.ts";

/**
 * What builds the images of `workloads/` for an example: `built("redis")`, or a stage of a Dockerfile other than `runtime`.
 * They are built on `MLSTACK_BASE_IMAGE`, default Debian's own image.
 */
export function imagesOf(platform: Platform, opts: ChildOptions): (workload: string, target?: string) => pulumi.Output<string> {
  const BASE = process.env["MLSTACK_BASE_IMAGE"] ?? "debian:bookworm-slim";
  return (workload, target = "runtime") => {
    const context = fileURLToPath(new URL(`../workloads/${workload}`, import.meta.url));
    // A stage `runtime-feast` is another image of the same sources.
    const name = target.startsWith("runtime") ? target.replace("runtime", workload) : workload;
    return platform.image(name, { build: { context, target, args: { BASE } } }, opts).reference;
  };
}
