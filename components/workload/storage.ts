import { z } from "zod";

import { type ConfigFiles, isHandle, type Volume } from "./handles.ts";
import { quoted } from "./mistakes.ts";
import { containerPath, inputText, strict } from "./schema.ts";
import { memory } from "./units.ts";

/** Storage requested from a platform. */
export type VolumeSpec = z.input<typeof volumeSpec>;
/** A volume's place in a container. */
export type Mount = z.input<typeof mount>;
/** A mount with every default filled in. */
export type CompleteMount = z.output<typeof mount>;
/** A mount of a folder of the host. */
export type HostFolderMount = Extract<CompleteMount, { hostFolder: string }>;
/** Sensitive values by key. */
export type SecretSpec = z.input<typeof secretSpec>;
/** Plain files by name. */
export type ConfigFilesSpec = z.input<typeof configFilesSpec>;

/** Storage that outlives its containers. No change of a setting can lose its data. */
export const volumeSpec = strict({
  /** Capacity requested. A target without limits per volume takes it as met. */
  size: memory.default("10Gi").describe("Capacity requested; a target without limits per volume takes it as met."),
  /** Whether containers on several nodes mount it at the same time. */
  access: z.enum(["one-node", "many-nodes"]).default("one-node").describe("Whether several nodes mount it at the same time."),
  /** Whether the data remain when the volume leaves the stack or the stack is destroyed. */
  keep: z.boolean().default(false).describe("Whether the data remain when the stack is destroyed."),
});

const hostPath = z
  .string()
  .startsWith("/", { error: ({ input }) => `must be an absolute path (path.resolve makes one of a relative one), got ${quoted(input)}` });

/**
 * Where in a container a volume, a set of files or a folder of the host appears. Files are always read-only, and
 * host folders unless they say otherwise, for development. What is in a host folder belongs to no deployment: a change of it renews nothing, and a job that reads it
 * runs again for a new path or a declared input.
 */
export const mount = z.union(
  [
    strict({
      volume: z.custom<Volume>(isHandle("volume"), "must be a volume of the platform"),
      path: containerPath,
      readOnly: z.boolean().default(false),
    }),
    strict({
      files: z.custom<ConfigFiles>(isHandle("configFiles"), "must be config files of the platform"),
      path: containerPath,
    }),
    strict({ hostFolder: hostPath, path: containerPath, readOnly: z.boolean().default(true) }),
  ],
  { error: "must be { volume, path, readOnly? }, { files, path } or { hostFolder, path, readOnly? } with an absolute path" },
);

/** Keys are variable-like names; values may be Outputs and are never shown. */
export const secretSpec = strict({
  values: z.record(z.string().regex(/^[A-Za-z0-9._-]+$/, "keys are letters, digits, dots, dashes and underscores"), inputText),
});

/** File names without folders; the content is plain, because a change of it must be visible in a preview. */
export const configFilesSpec = strict({
  files: z.record(z.string().regex(/^[A-Za-z0-9._-]+$/, "file names are letters, digits, dots, dashes and underscores"), z.string()),
});
