import { z } from "zod";

import { env, type GangEnvValue, gangEnv } from "./env.ts";
import { type Gang, isHandle, type Service } from "./handles.ts";
import { imageReference } from "./image-source.ts";
import { quoted } from "./mistakes.ts";
import { memoryShortage, reservesWithin, resources } from "./resources.ts";
import { containerPath, port, strict } from "./schema.ts";
import { mount } from "./storage.ts";
import { duration, type Memory, memory } from "./units.ts";

/** What one container runs, and within which limits. Paths outside `mounts` and `scratch` are read-only. */
export type ContainerSpec = z.input<typeof containerSpec>;
/** A container of a gang, whose variables may also name its index and its leader. */
export type GangContainerSpec = z.input<typeof gangContainerSpec>;
/** A container with every default filled in. */
export type CompleteContainer = Omit<z.output<typeof containerSpec>, "env"> & { env: Record<string, GangEnvValue> };

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

/**
 * A flow to a port other than a service's own, such as one with metrics, or to each member of a gang. Replicas are reached there at
 * `replicasAddress`, members by their names: the service's own address leads to its own port.
 */
export interface Call {
  readonly to: Service | Gang;
  /** TCP port that is opened there. */
  readonly port: number;
}

const call = z.union(
  [
    z.custom<Service>(isHandle("service")),
    strict({ to: z.custom<Call["to"]>(isHandle("service", "gang"), "must be a service or gang of the platform"), port }),
  ],
  { error: "must be a service of the platform, or { to, port } with a service or gang of it" },
);

/** Another name in a container's host file. */
const hostName = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, {
  error: ({ input }) => `must be a host name in lower case, for example "db.internal", got ${quoted(input)}`,
});
const hostAddress = z.union([z.literal("host"), z.ipv4(), z.ipv6()], {
  error: ({ input }) => `must be an address such as "10.2.0.7", or "host" for the machine that runs the container, got ${quoted(input)}`,
});
/** Names that a container resolves besides those of the platform's services, each with its address. */
export const hosts = z
  .record(hostName, hostAddress)
  .describe(
    'Further names that it resolves, each with an address or "host", the machine that runs the container: { host.docker.internal: host }.',
  );

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
  /**
   * Services that it may call besides those its variables name, and, as `{ to, port }`, further ports of services and of gangs'
   * members; flows between workloads follow from these references.
   */
  calls: z.array(call).default([]),
  /** What it may call outside the platform, e.g. a company's database: addresses, not names, because a name may resolve to anything. */
  outside: z.array(outside).default([]),
  /** Further names that it resolves: to an address, or to `host`, the machine that runs the container. They open no way there. */
  hosts: hosts.default({}),
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

function fits(
  given: { resources: { memory: Memory }; scratch: Readonly<Record<string, Memory>>; sharedMemory: Memory },
  context: z.RefinementCtx,
): void {
  const message = memoryShortage(given.resources.memory, [...Object.values(given.scratch), given.sharedMemory]);
  if (message !== undefined) context.addIssue({ code: "custom", path: ["resources", "memory"], message });
}
