import { z } from "zod";

import { dockerSettings } from "../components/docker/settings.ts";
import { kubernetesSettings } from "../components/kubernetes/settings.ts";
import { referenceImageSettings } from "../components/reference-images.ts";
import * as w from "../components/workload/index.ts";

/** What the stack file of every program may say, whatever parts it has: where it runs, and on which images. */
export const programSettings = w.strict({
  platform: z
    .discriminatedUnion(
      "kind",
      [dockerSettings.extend({ kind: z.literal("docker") }), kubernetesSettings.extend({ kind: z.literal("kubernetes") })],
      { error: ({ input }) => `must be { kind: docker, … } or { kind: kubernetes, … }, got ${w.quoted(kindOf(input))}` },
    )
    .describe("Where the stack runs."),
  baseImage: w.imageReference
    .default("debian:bookworm-slim")
    .describe("Debian 12 image that the reference images are built on; the variable MLSTACK_BASE_IMAGE takes precedence."),
  images: referenceImageSettings.prefault({}).describe("Images to run in the place of those built from workloads/."),
});

export type ProgramSettings = z.output<typeof programSettings>;

function kindOf(input: unknown): unknown {
  return typeof input === "object" && input !== null && "kind" in input ? input.kind : input;
}
