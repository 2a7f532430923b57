import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { dockerfileMistakes } from "./build/mistakes.ts";
import { type Image, isHandle } from "./handles.ts";
import { imageReference } from "./image-source.ts";
import { quoted } from "./mistakes.ts";
import { strict } from "./schema.ts";

/** Where an image comes from: a registry (or the engine's own store), or a build from source. */
export type ImageSpec = z.input<typeof byReference> | z.input<typeof byBuild>;
/** An image spec with every default filled in. */
export type CompleteImage = z.output<typeof imageSpec>;
/** How an image is built, with every default filled in. */
export type CompleteBuild = z.output<typeof build>;

type Base = Image | pulumi.Input<string>;

const base: z.ZodType<Base, Base> = z.custom<Base>((value) => isHandle("image")(value) || imageReference.safeParse(value).success, {
  error: ({ input }) => `must be an image of the platform, or a reference such as "debian:bookworm-slim", got ${quoted(input)}`,
});

const build = strict({
  /**
   * Folder with the sources, relative to the project. Its `.dockerignore` holds; caches, editors' files, `.git`, `.venv` and
   * `node_modules` are left out as well, unless it takes them back in (`!node_modules`) or the Dockerfile names them. Permissions
   * of a checkout, and CR LF in scripts, do not reach the image.
   */
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

const byReference = strict({ reference: imageReference });
const byBuild = strict({ build });

/** `{ reference: "redis@sha256:…" }` or `{ build: { context: "workloads/redis" } }`. */
export const imageSpec = z.custom<ImageSpec>().transform((given, context) => {
  const schema = has(given, "reference") ? byReference : has(given, "build") ? byBuild : undefined;
  const result = schema?.safeParse(given, { reportInput: true });
  if (result?.success) return result.data;
  const neither = "must be { reference } or { build: { context, dockerfile?, args?, base?, target? } } with an existing folder as context";
  for (const issue of result?.error.issues ?? [{ code: "custom" as const, path: [], message: neither }]) context.addIssue({ ...issue });
  return z.NEVER;
});

function has(given: unknown, key: string): boolean {
  return typeof given === "object" && given !== null && key in given;
}

/** Whether a base is an image of the platform, and not a reference. */
export function isImage(base: Base): base is Image {
  return isHandle("image")(base);
}
