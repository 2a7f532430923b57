import { fileURLToPath } from "node:url";
import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

import * as w from "./workload/index.ts";

/** The images of `workloads/`: the folder of each, and the stage of its Dockerfile. */
const SOURCES = {
  redis: { folder: "redis", target: "runtime" },
  features: { folder: "features", target: "runtime" },
  "feature-api": { folder: "feature-api", target: "runtime" },
  gateway: { folder: "gateway", target: "runtime" },
  trainer: { folder: "trainer", target: "runtime" },
  mlflow: { folder: "mlflow", target: "runtime" },
  feast: { folder: "feast", target: "runtime" },
  "model-trainer": { folder: "model-trainer", target: "runtime" },
  "model-server": { folder: "model-server", target: "runtime" },
  "model-server-feast": { folder: "model-server", target: "runtime-feast" },
  "image-classifier": { folder: "image-classifier", target: "runtime" },
  "image-api": { folder: "image-api", target: "runtime" },
  "image-api-dev": { folder: "image-api", target: "dev" },
} as const;

/** Name of a reference image. */
export type ReferenceImage = keyof typeof SOURCES;
/** All of them. */
export const REFERENCE_IMAGES = Object.keys(SOURCES) as readonly ReferenceImage[];

const given = (name: string) =>
  w.givenImage
    .optional()
    .describe(`Image in the place of the reference image ${name}, e.g. name@sha256:…; default: built from workloads/.`);

/** What a stack file may say of the reference images: others to run in their place. */
export const referenceImageSettings = w.strict(
  Object.fromEntries(REFERENCE_IMAGES.map((name) => [name, given(name)])) as Record<ReferenceImage, ReturnType<typeof given>>,
);

/** What the images are made of. */
export interface ReferenceImageOptions {
  /** Debian 12 image that they are built on. */
  readonly baseImage: string;
  /** Images to run in the place of those built. @default {} */
  readonly given?: z.output<typeof referenceImageSettings> | undefined;
}

/** Gives each reference image by name. It is built (or looked for) when it is first asked for, so that nothing is built that no part uses. */
export class ReferenceImages {
  private readonly platform: w.Platform;
  private readonly options: ReferenceImageOptions;
  private readonly child: w.ChildOptions;
  private readonly declared = new Map<string, pulumi.Output<string>>();

  constructor(platform: w.Platform, options: ReferenceImageOptions, child: w.ChildOptions) {
    this.platform = platform;
    this.options = options;
    this.child = child;
  }

  /**
   * What a component takes for an image: asked only when the part exists.
   *
   * @param args further build arguments; the same for every use of one image
   */
  of(name: ReferenceImage, args: Readonly<Record<string, string>> = {}): () => pulumi.Output<string> {
    return () => this.reference(name, args);
  }

  private reference(name: ReferenceImage, args: Readonly<Record<string, string>>): pulumi.Output<string> {
    const known = this.declared.get(name);
    if (known !== undefined) return known;
    const { folder, target } = SOURCES[name];
    const context = fileURLToPath(new URL(`../workloads/${folder}`, import.meta.url));
    const reference = this.options.given?.[name];
    const build = { context, target, args: { BASE: this.options.baseImage, ...args } };
    const { reference: output } = this.platform.image(name, reference === undefined ? { build } : { reference }, this.child);
    this.declared.set(name, output);
    return output;
  }
}
