import type { z } from "zod";

import { referenceImageSettings } from "../components/reference-images.ts";
import * as w from "../components/workload/index.ts";
import { platformSettings } from "./platform.ts";

/** What the stack file of every program may say, whatever parts it has: where it runs, and on which images. */
export const programSettings = w.strict({
  platform: platformSettings.describe("Where the stack runs."),
  baseImage: w.givenImage
    .default("debian:bookworm-slim")
    .describe("Debian 12 image that the reference images are built on; the variable MLSTACK_BASE_IMAGE takes precedence."),
  images: referenceImageSettings.prefault({}).describe("Images to run in the place of those built from workloads/."),
});

export type ProgramSettings = z.output<typeof programSettings>;
