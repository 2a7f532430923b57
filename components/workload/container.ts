import { z } from "zod";

import { env, type GangEnvValue, gangEnv } from "./env.ts";
import { isHandle, type Service } from "./handles.ts";
import { imageReference } from "./image-source.ts";
import { quoted } from "./mistakes.ts";
import { containerPath, port, strict } from "./schema.ts";
import { mount } from "./storage.ts";
import { type Cpu, cpu, duration, type Memory, memory, toBytes, toMillicores } from "./units.ts";

/** What one container runs, and within which limits. Paths outside `mounts` and `scratch` are read-only. */
export type ContainerSpec = z.input<typeof containerSpec>;
/** A container of a gang, whose variables may also name its index and its leader. */
export type GangContainerSpec = z.input<typeof gangContainerSpec>;
/** A container with every default filled in. */
export type CompleteContainer = Omit<z.output<typeof containerSpec>, "env"> & { env: Record<string, GangEnvValue> };

const cpuLimit = cpu.describe('Processor limit: cores (2, 0.5) or millicores ("500m").');
const memoryLimit = memory.describe('Memory limit, /dev/shm and scratch included, e.g. "512Mi"; a container that needs more is killed.');
const processLimit = z.int().min(16).max(1_000_000).describe("Most processes and threads of the container's user on the host.");

/** What is reserved for the container; it may use more, up to its limits, while no other container needs it. */
export const reservation = strict({
  cpu: cpu
    .optional()
    .describe("Processor time reserved for the container; default: a tenth of the limit where containers are placed on nodes, else none."),
  memory: memory
    .optional()
    .describe("Memory reserved for the container; default: the limit where containers are placed on nodes, else none."),
});

/** Limits of one container as a user gives them. */
export type Limits = z.input<typeof limits>;
/** Some of the limits; the component that receives them fills in the others. */
export const limits = strict({
  cpu: cpuLimit.optional(),
  memory: memoryLimit.optional(),
  processes: processLimit.optional(),
  reservation: reservation.optional().describe("What is reserved for the container; it may use more, up to its limits."),
});

/** Processes of a container's user, unless its limits say otherwise. */
export const DEFAULT_PROCESSES = 4096;

/** Upper limits of one container, and what is reserved for it; default: 1 core, 512Mi, 4096 processes. */
export const resources = strict({
  cpu: cpuLimit.default(1),
  memory: memoryLimit.default("512Mi"),
  processes: processLimit.default(DEFAULT_PROCESSES),
  reservation: reservation.prefault({}).describe("What is kept free for the container; it may use more, up to its limits."),
});

/**
 * Limits of one container with a component's own defaults, so that every mistake is found at the setting's own path: a
 * reservation above its limit, and memory that the folders in memory leave nothing of.
 *
 * @param defaults processor and memory limit, as `resources` has them where they are absent, and `inMemory`: scratch and
 * shared memory of the container together, by default what a container has without settings of its own
 */
export function resourcesOf({ cpu = 1, memory = "512Mi", inMemory = "128Mi" }: { cpu?: Cpu; memory?: Memory; inMemory?: Memory } = {}) {
  return resources
    .extend({ cpu: cpuLimit.default(cpu), memory: memoryLimit.default(memory) })
    .superRefine(reservesWithin)
    .superRefine((given, context) => {
      const message = memoryShortage(given.memory, [inMemory]);
      if (message !== undefined) context.addIssue({ code: "custom", path: ["memory"], message });
    });
}

/** Numeric user and group, never root. */
export const user = strict({
  uid: z.int().min(1, "must not be root (0)").default(10001),
  gid: z.int().min(1, "must not be root (0)").default(10001),
});

const isCidr = (given: string) => z.union([z.cidrv4(), z.cidrv6()]).safeParse(given).success;
const addresses = z.string().refine(isCidr, {
  error: ({ input }) => `must be addresses in CIDR form, for example "10.2.0.7/32", got ${quoted(input)}`,
});

/** Where a flow out of the platform may go. */
export type Outside = z.input<typeof outside>;
export const outside = strict({
  addresses: addresses.describe("Addresses in CIDR form, for example 10.2.0.7/32."),
  port: port.describe("TCP port that is opened there."),
});

const shape = {
  /** Image reference, or the `reference` of a platform's image. */
  image: imageReference,
  /** Program and leading arguments, in place of the image's ENTRYPOINT; default: that one. */
  command: z.array(z.string()).min(1).optional(),
  /** Arguments behind the command, in place of the image's CMD; default: that one. */
  args: z.array(z.string()).optional(),
  /** Volumes, files and folders of the host, at distinct paths. */
  mounts: z.array(mount).default([]),
  resources: resources.superRefine(reservesWithin).prefault({}),
  user: user.prefault({}),
  /** Writable folders in memory, by path, each with its size limit; they are lost with the container. */
  scratch: z.record(containerPath, memory).default({ "/tmp": "64Mi" }),
  /** Size of `/dev/shm`, which worker processes and GPU libraries share data through. Counts towards memory. */
  sharedMemory: memory.default("64Mi"),
  /** Services that it may call besides those its variables name; flows between workloads follow from these references. */
  calls: z.array(z.custom<Service>(isHandle("service"), "must be a service of the platform")).default([]),
  /** What it may call outside the platform, e.g. a company's database: addresses, not names, because a name may resolve to anything. */
  outside: z.array(outside).default([]),
  /** Time between the request to stop (SIGTERM) and the kill. */
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
  const seen = new Set([...Object.keys(given.scratch), "/dev/shm"]);
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

/** Why a memory limit is too low for the folders in memory, which count towards it: they must leave some for the program. */
export function memoryShortage(limit: Memory, inMemory: readonly Memory[]): string | undefined {
  const total = inMemory.reduce((sum, size) => sum + toBytes(size), 0);
  if (total < toBytes(limit)) return undefined;
  return `must be more than scratch and shared memory together (${Math.ceil(total / 1024 ** 2)}Mi), got "${limit}"`;
}

function fits(
  given: { resources: { memory: Memory }; scratch: Readonly<Record<string, Memory>>; sharedMemory: Memory },
  context: z.RefinementCtx,
): void {
  const message = memoryShortage(given.resources.memory, [...Object.values(given.scratch), given.sharedMemory]);
  if (message !== undefined) context.addIssue({ code: "custom", path: ["resources", "memory"], message });
}

type Amounts = { cpu?: Cpu | undefined; memory?: Memory | undefined };

/** No container can reserve more than its limit. */
function reservesWithin({ cpu, memory, reservation }: { cpu: Cpu; memory: Memory; reservation: Amounts }, context: z.RefinementCtx): void {
  const over = (key: keyof Amounts, limit: Cpu | Memory) =>
    context.addIssue({
      code: "custom",
      path: ["reservation", key],
      message: `must be at most the limit (${limit}), got ${reservation[key]}`,
    });
  if (reservation.cpu !== undefined && toMillicores(reservation.cpu) > toMillicores(cpu)) over("cpu", cpu);
  if (reservation.memory !== undefined && toBytes(reservation.memory) > toBytes(memory)) over("memory", memory);
}
