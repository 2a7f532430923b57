import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { dockerfileMistakes } from "./build/mistakes.ts";
import { type Image, isHandle } from "./handles.ts";
import { quoted } from "./mistakes.ts";
import { inputText, strict } from "./schema.ts";

/** Where an image comes from: a registry (or the engine's own store), or a build from source. */
export type ImageSpec = z.input<typeof imageSpec>;
/** An image spec with every default filled in. */
export type CompleteImage = z.output<typeof imageSpec>;
/** How an image is built, with every default filled in. */
export type CompleteBuild = Extract<CompleteImage, { build: unknown }>["build"];

type Base = Image | pulumi.Input<string>;

const base: z.ZodType<Base, Base> = z.union([z.custom<Image>(isHandle("image")), inputText], {
  error: "must be an image of the platform, or the reference of one",
});

const build = strict({
  /** Folder with the sources, relative to the project. */
  context: z.string().refine((path) => existsSync(resolve(path)), {
    error: ({ input }) => `must be an existing folder, got ${quoted(input)}`,
  }),
  /** Dockerfile, relative to the context. */
  dockerfile: z.string().default("Dockerfile"),
  /** Values of the Dockerfile's `ARG`s. They are part of the image: never a secret. */
  args: z.record(z.string(), z.string()).default({}),
  /**
   * Image that this one is built on; the Dockerfile takes it as `ARG BASE`. An image of the platform is built first, and
   * needs no registry for it. Default: what the Dockerfile itself says.
   */
  base: base.optional(),
  /** Stage to build; default: the last. */
  target: z.string().optional(),
}).superRefine((given, context) => {
  for (const { path, message } of dockerfileMistakes(given)) context.addIssue({ code: "custom", path: [...path], message });
});

/** `{ reference: "redis@sha256:…" }` or `{ build: { context: "workloads/redis" } }`. */
export const imageSpec = z.union([strict({ reference: inputText }), strict({ build })], {
  error: "must be { reference } or { build: { context, dockerfile?, args?, base?, target? } } with an existing folder as context",
});

/** Whether a base is an image of the platform, and not a reference. */
export function isImage(base: Base): base is Image {
  return isHandle("image")(base);
}
