import type { z } from "zod";

import * as w from "../workload/index.ts";

/** What of a container is kept in memory. */
interface InMemory {
  readonly resources: { readonly memory: w.Memory };
  readonly sharedMemory: w.Memory;
  /** Writable folders in memory, by path. */
  readonly scratch: Readonly<Record<string, w.Memory>>;
}

/** The folder that every container has in memory, unless a setting says otherwise. */
export const DEFAULT_SCRATCH = { "/tmp": "64Mi" } as const satisfies Record<string, w.Memory>;

/** Reports, at `resources.memory`, settings whose folders in memory leave none for the program. */
export function requireMemory({ resources, sharedMemory, scratch }: InMemory, context: z.core.$RefinementCtx): void {
  const total = [...Object.values(scratch), sharedMemory].reduce((sum, size) => sum + w.toBytes(size), 0);
  const memory = w.toBytes(resources.memory);
  // An amount that is none is a mistake of its own.
  if (Number.isNaN(total + memory) || total < memory) return;
  const sum = `${Math.ceil(total / 1024 ** 2)}Mi`;
  context.addIssue({
    code: "custom",
    path: ["resources", "memory"],
    message: `must be more than scratch and shared memory (${sharedMemory}) together (${sum}), got "${resources.memory}"; raise it, or lower sharedMemory`,
  });
}
