import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";

import { quoted } from "./mistakes.ts";
import { inputText, strict } from "./schema.ts";

/** Where an image comes from: a registry (or the engine's own store), or a build from source. */
export type ImageSpec = z.input<typeof imageSpec>;
/** An image spec with every default filled in. */
export type CompleteImage = z.output<typeof imageSpec>;

const build = strict({
  /** Folder with the sources, relative to the project. */
  context: z.string().refine((path) => existsSync(resolve(path)), {
    error: ({ input }) => `must be an existing folder, got ${quoted(input)}`,
  }),
  /** Dockerfile, relative to the context. */
  dockerfile: z.string().default("Dockerfile"),
  /** Values of the Dockerfile's `ARG`s. They are part of the image: never a secret. */
  args: z.record(z.string(), z.string()).default({}),
  /** Stage to build; default: the last. */
  target: z.string().optional(),
});

/** `{ reference: "redis@sha256:…" }` or `{ build: { context: "workloads/redis" } }`. */
export const imageSpec = z.union([strict({ reference: inputText }), strict({ build })], {
  error: "must be { reference } or { build: { context, dockerfile?, args?, target? } } with an existing folder as context",
});

/** Files that never belong into an image built from a source tree. */
const LEFT_OUT = new Set(["__pycache__", ".pytest_cache", ".git", "node_modules", ".venv"]);

/**
 * Twelve hexadecimal digits that follow from everything a build reads: every file of the context with its path, the
 * Dockerfile's place, arguments and target. The same sources give the same tag on every machine.
 */
export function contentTag(spec: Extract<CompleteImage, { build: unknown }>["build"]): string {
  const hash = createHash("sha256").update(JSON.stringify([spec.dockerfile, Object.entries(spec.args).sort(), spec.target ?? null]));
  for (const path of filesOf(resolve(spec.context), "")) {
    hash.update(`\0${path}\0`).update(readFileSync(join(resolve(spec.context), path)));
  }
  return hash.digest("hex").slice(0, 12);
}

function filesOf(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !LEFT_OUT.has(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesOf(root, path) : [path];
    });
}
