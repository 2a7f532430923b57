import { z } from "zod";

import { REFERENCE_IMAGES } from "../components/reference-images.ts";
import * as w from "../components/workload/index.ts";

/** An image that a stack file chooses: one by name, or one of those built from `workloads/`. */
export const imageChoice = z.union(
  [w.strict({ reference: z.enum(REFERENCE_IMAGES).describe("Name of a reference image, a folder of workloads/.") }), w.givenImage],
  {
    error: `must be an image such as "registry.example.com/api@sha256:…", or { reference: NAME } with NAME one of ${REFERENCE_IMAGES.join(", ")}`,
  },
);

/** What such a choice is. */
export type ImageChoice = z.output<typeof imageChoice>;
