import { z } from "zod";

import { env, type GangEnvValue, gangEnv } from "./env.ts";
import { containerPath, inputText, strict } from "./schema.ts";
import { mount } from "./storage.ts";
import { cpu, duration, type Memory, memory, toBytes } from "./units.ts";

/** What one container runs, and within which limits. Paths outside `mounts` and `scratch` are read-only. */
export type ContainerSpec = z.input<typeof containerSpec>;
/** A container of a gang, which may also be told its index and its leader. */
export type GangContainerSpec = z.input<typeof gangContainerSpec>;
/** A container with every default filled in. */
export type CompleteContainer = Omit<z.output<typeof containerSpec>, "env"> & { env: Record<string, GangEnvValue> };

const cpuLimit = cpu.describe('Processor limit: cores (2, 0.5) or millicores ("500m").');
const memoryLimit = memory.describe('Memory limit, /dev/shm and scratch included, e.g. "512Mi"; a container that needs more is ended.');
const processLimit = z.int().min(16).max(1_000_000).describe("Most processes and threads of the container's user on the host.");

/** Some of the limits; the component that gets them fills in the others. */
export const limits = strict({ cpu: cpuLimit.optional(), memory: memoryLimit.optional(), processes: processLimit.optional() });

/** Upper limits of one container; default: 1 core, 512Mi, 4096 processes. */
export const resources = strict({ cpu: cpuLimit.default(1), memory: memoryLimit.default("512Mi"), processes: processLimit.default(4096) });

/** Numeric user and group, never root. */
export const user = strict({
  uid: z.int().min(1, "must not be root (0)").default(10001),
  gid: z.int().min(1, "must not be root (0)").default(10001),
});

const shape = {
  /** Image reference, or the `reference` of a platform's image. */
  image: inputText,
  /** Program and leading arguments; default: the image's entrypoint. What Docker calls the entrypoint. */
  command: z.array(z.string()).min(1).optional(),
  /** Arguments behind the command; default: the image's own. What Docker calls the command. */
  args: z.array(z.string()).optional(),
  /** Volumes and files, at distinct paths. */
  mounts: z.array(mount).default([]),
  resources: resources.prefault({}),
  user: user.prefault({}),
  /** Writable folders in memory, by path, each with its size limit; they are lost with the container. */
  scratch: z.record(containerPath, memory).default({ "/tmp": "64Mi" }),
  /** Size of `/dev/shm`, which worker processes and GPU libraries share data through. Counts towards memory. */
  sharedMemory: memory.default("64Mi"),
  /** Time between the request to stop and the kill. */
  stopGrace: duration.default("10s"),
};

/** Container of a service or job. */
export const containerSpec = strict({ ...shape, env: env.default({}) })
  .superRefine(distinctPaths)
  .superRefine(fits);

/** Container of a gang's member. */
export const gangContainerSpec = strict({ ...shape, env: gangEnv.default({}) })
  .superRefine(distinctPaths)
  .superRefine(fits);

function distinctPaths(
  given: { mounts: readonly { path: string }[]; scratch: Readonly<Record<string, string>> },
  context: z.RefinementCtx,
): void {
  const seen = new Set(Object.keys(given.scratch));
  given.mounts.forEach(({ path }, index) => {
    if (seen.has(path)) {
      context.addIssue({
        code: "custom",
        path: ["mounts", index, "path"],
        message: `"${path}" is taken by another mount or scratch folder`,
      });
    }
    seen.add(path);
  });
}

/** Folders in memory count towards the container's memory: together they must leave some for the program. */
function fits(
  given: { resources: { memory: Memory }; scratch: Readonly<Record<string, Memory>>; sharedMemory: Memory },
  context: z.RefinementCtx,
): void {
  const inMemory = [...Object.values(given.scratch), given.sharedMemory].reduce((sum, size) => sum + toBytes(size), 0);
  if (inMemory < toBytes(given.resources.memory)) return;
  const message = `must be more than scratch and shared memory together (${Math.ceil(inMemory / 1024 ** 2)}Mi), got "${given.resources.memory}"`;
  context.addIssue({ code: "custom", path: ["resources", "memory"], message });
}
