import * as pulumi from "@pulumi/pulumi";

import type { ReferenceImage } from "../../components/reference-images.ts";
import { contentTag } from "../../components/workload/build/tag.ts";
import { imageSpec } from "../../components/workload/image.ts";
import { FakePlatform } from "./fake-platform.ts";

/** The part of a checkout or of an installed package that knows the reference images. */
export type Library = Pick<typeof import("../../components/reference-images.ts"), "ReferenceImages">;

/** The tag of a reference image, from the build that a library asks a platform for. */
export function referenceTag({ ReferenceImages }: Library, image: ReferenceImage): string {
  const platform = new FakePlatform();
  const child = { parent: pulumi.rootStackResource as pulumi.Resource };
  new ReferenceImages(platform, { baseImage: "debian:bookworm-slim" }, child).of(image)();
  const spec = imageSpec.parse(platform.spec("image", image));
  if (!("build" in spec)) throw new Error(`${image} is not built`);
  return contentTag(spec.build);
}
