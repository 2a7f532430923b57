import { z } from "zod";

import { quoted } from "./mistakes.ts";
import { strict } from "./schema.ts";
import { type Cpu, cpu, type Memory, memory, toBytes, toMillicores } from "./units.ts";

const cpuLimit = cpu.describe('Processor limit: cores (2, 0.5) or millicores ("500m").');
const memoryLimit = memory.describe('Memory limit, /dev/shm and scratch included, e.g. "512Mi"; a container that needs more is killed.');
const processLimit = z.int().min(16).max(1_000_000).describe("Most processes and threads of the container's user on the host.");

const lockedMemory = z
  .union([z.literal("unlimited"), memory], { error: ({ input }) => `must be "unlimited" or a size such as "1Gi", got ${quoted(input)}` })
  .optional()
  .describe(
    'Memory that the container may lock (memlock), as RDMA and NCCL do: "unlimited" or a size; default: what the engine or node allows.',
  );
const stack = memory.optional().describe("Largest stack of a thread, e.g. 64Mi for NCCL; default: what the engine or node allows.");

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
  lockedMemory,
  stack,
  reservation: reservation.optional().describe("What is reserved for the container; it may use more, up to its limits."),
});

/** Processes of a container's user, unless its limits say otherwise. */
export const DEFAULT_PROCESSES = 4096;

/** Upper limits of one container, and what is reserved for it; default: 1 core, 512Mi, 4096 processes. */
export const resources = strict({
  cpu: cpuLimit.default(1),
  memory: memoryLimit.default("512Mi"),
  processes: processLimit.default(DEFAULT_PROCESSES),
  lockedMemory,
  stack,
  reservation: reservation.prefault({}).describe("What is reserved for the container; it may use more, up to its limits."),
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

/** Why a memory limit is too low for the folders in memory, which count towards it: they must leave some for the program. */
export function memoryShortage(limit: Memory, inMemory: readonly Memory[]): string | undefined {
  const total = inMemory.reduce((sum, size) => sum + toBytes(size), 0);
  if (total < toBytes(limit)) return undefined;
  return `must be more than scratch and shared memory together (${Math.ceil(total / 1024 ** 2)}Mi), got "${limit}"`;
}

type Amounts = { cpu?: Cpu | undefined; memory?: Memory | undefined };

/** No container can reserve more than its limit. */
export function reservesWithin(
  { cpu, memory, reservation }: { cpu: Cpu; memory: Memory; reservation: Amounts },
  context: z.RefinementCtx,
): void {
  const over = (key: keyof Amounts, limit: Cpu | Memory) =>
    context.addIssue({
      code: "custom",
      path: ["reservation", key],
      message: `must be at most the limit (${limit}), got ${reservation[key]}`,
    });
  if (reservation.cpu !== undefined && toMillicores(reservation.cpu) > toMillicores(cpu)) over("cpu", cpu);
  if (reservation.memory !== undefined && toBytes(reservation.memory) > toBytes(memory)) over("memory", memory);
}
