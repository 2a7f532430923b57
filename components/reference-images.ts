import { fileURLToPath } from "node:url";
import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

import * as w from "./workload/index.ts";

/** An image of `workloads/`: its folder, the stage of its Dockerfile, and whether it is built on the Python image. */
interface Source {
  readonly folder: string;
  readonly target: string;
  readonly python: boolean;
}

const plain = (folder: string): Source => ({ folder, target: "runtime", python: false });
const python = (folder: string, target = "runtime"): Source => ({ folder, target, python: true });

const SOURCES = {
  redis: plain("redis"),
  postgres: plain("postgres"),
  features: python("features"),
  "feature-api": python("feature-api"),
  gateway: plain("gateway"),
  monitoring: plain("monitoring"),
  trainer: python("trainer"),
  mlflow: python("mlflow"),
  feast: python("feast"),
  "model-trainer": python("model-trainer"),
  "model-server": python("model-server"),
  "model-server-feast": python("model-server", "runtime-feast"),
  "image-classifier": python("image-classifier"),
  "image-api": python("image-api"),
  "image-api-dev": python("image-api", "dev"),
  "wind-power": python("wind-power"),
} as const satisfies Record<string, Source>;

/** Folder of all sources, from which every image is built: most contain a package that they share. */
const CONTEXT = fileURLToPath(new URL("../workloads", import.meta.url));

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
  private pythonImage: w.Image | undefined;

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
    const given = this.options.given?.[name];
    const spec = given === undefined ? { build: this.buildOf(SOURCES[name], args) } : { reference: given };
    const { reference } = this.platform.image(name, spec, this.child);
    this.declared.set(name, reference);
    return reference;
  }

  private buildOf({ folder, target, python: onPython }: Source, args: Readonly<Record<string, string>>) {
    const base = onPython ? this.python() : this.options.baseImage;
    return { context: CONTEXT, dockerfile: `${folder}/Dockerfile`, target, base, args: { ...args } };
  }

  /** What every image with Python is built on: one, for all that are built. */
  private python(): w.Image {
    const { baseImage: base } = this.options;
    const build = { context: CONTEXT, dockerfile: "python/Dockerfile", target: "runtime", base };
    this.pythonImage ??= this.platform.image("python", { build }, this.child);
    return this.pythonImage;
  }
}
