import * as pulumi from "@pulumi/pulumi";

import {
  type CompleteContainer,
  type CompleteMount,
  type GangEnvValue,
  isReference,
  type Memory,
  nothingLeft,
  serviceTextOf,
  toBytes,
  toMebibytes,
  toMillicores,
  toSeconds,
  unreachable,
} from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";
import { physicalName } from "./context.ts";
import { labelList, STACK_LABEL, WORKLOAD_LABEL } from "./labels.ts";
import type * as docker from "./provider.ts";
import { admitHostFolders, bindOf } from "./storage.ts";

/** Scheduler period that a processor limit is a share of, in microseconds; Docker's own default. */
const CPU_PERIOD = 100_000;

/** One container of a workload: which, and what it is told of its place. */
export interface Instance {
  /** Name of the workload. */
  readonly workload: string;
  /** Host name of this container, e.g. `trainer-2`. */
  readonly hostname: string;
  /** Position among its equals, from 0. */
  readonly index: number;
  /** Host name of the first. */
  readonly leader: string;
}

/** What every container of ours has in common, whatever it runs. */
export function containerArgs(context: DockerContext, instance: Instance, container: CompleteContainer) {
  const {
    image,
    command,
    args,
    env,
    mounts,
    resources,
    user,
    scratch,
    sharedMemory,
    stopGrace,
    calls: _oneNetwork,
    outside: _open,
    ...rest
  } = container;
  nothingLeft(rest);
  const { cpu, memory, processes, reservation, ...noMore } = resources;
  nothingLeft(noMore);
  if (instance.index === 0) admitHostFolders(context, instance.workload, mounts);
  return {
    name: context.admission.once(physicalName(context, instance.hostname)),
    hostname: instance.hostname,
    image,
    ...(command === undefined ? {} : { entrypoints: command }),
    ...(args === undefined ? {} : { command: args }),
    envs: envList(context, env, instance),
    mounts: mounts.map((mount) => mountOf(context, mount)),
    tmpfs: tmpfsOf(scratch, sharedMemory),
    user: `${user.uid}:${user.gid}`,
    memory: toMebibytes(memory),
    ...(reservation.memory === undefined ? {} : { memoryReservation: toMebibytes(reservation.memory) }),
    ...(reservation.cpu === undefined ? {} : { cpuShares: Math.max(2, Math.round((toMillicores(reservation.cpu) * 1024) / 1000)) }),
    // Without it the engine allows as much swap again, reports that, and every later preview shows a change.
    memorySwap: toMebibytes(memory),
    // Not `cpus`: a finished job must not run again because its limit changed, and only these two allow that.
    cpuPeriod: CPU_PERIOD,
    cpuQuota: (toMillicores(cpu) * CPU_PERIOD) / 1000,
    // The provider has no limit of processes per container; this one counts all of the user's on the host.
    ulimits: [{ name: "nproc", soft: processes, hard: processes }],
    readOnly: true,
    init: true,
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    networkMode: "bridge",
    networksAdvanced: [{ name: context.network.name, aliases: [instance.workload, instance.hostname] }],
    // Without the first, a container that is replaced or destroyed is killed at once.
    destroyGraceSeconds: toSeconds(stopGrace),
    stopTimeout: toSeconds(stopGrace),
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    labels: labelList({ [STACK_LABEL]: context.stack, [WORKLOAD_LABEL]: instance.workload }),
  } satisfies docker.ContainerArgs;
}

/** Settings that the provider reports as updated without touching the container: a change of them must replace it. */
export const SILENT = ["init", "tmpfs", "cpuPeriod", "cpuQuota", "healthcheck", "mounts"];

function envList(context: DockerContext, env: Readonly<Record<string, GangEnvValue>>, instance: Instance): pulumi.Input<string>[] {
  return Object.entries(env)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => pulumi.output(resolved(context, value, instance)).apply((text) => `${name}=${text}`));
}

function resolved(context: DockerContext, value: GangEnvValue, instance: Instance): pulumi.Input<string> {
  if (!isReference(value)) return value;
  switch (value.from) {
    case "secret":
      return context.secrets.get(value.secret)?.[value.key] ?? unknownKey(value.secret.name, value.key);
    case "service-address":
    case "service-endpoint":
    case "service-url":
      return serviceTextOf(value);
    case "member-index":
      return String(instance.index);
    case "leader-address":
      return instance.leader;
    default:
      return unreachable(value);
  }
}

function unknownKey(secret: string, key: string): never {
  throw new pulumi.RunError(`secret "${secret}" has no key "${key}"`);
}

function mountOf(context: DockerContext, mount: CompleteMount): docker.inputs.ContainerMount {
  if ("hostFolder" in mount) return bindOf(mount);
  const handle = "volume" in mount ? mount.volume : mount.files;
  const readOnly = "volume" in mount ? mount.readOnly : true;
  const source = context.volumes.get(handle);
  if (source === undefined) throw new pulumi.RunError(`${handle.kind} "${handle.name}" is not of this platform`);
  return { type: "volume", source, target: mount.path, readOnly };
}

/** `/dev/shm` is one more folder in memory; as a folder its size can change without a finished job running again. */
function tmpfsOf(scratch: Readonly<Record<string, Memory>>, sharedMemory: Memory): Record<string, string> {
  const folders = Object.entries({ ...scratch, "/dev/shm": sharedMemory });
  return Object.fromEntries(folders.map(([path, size]) => [path, `size=${toBytes(size)},mode=1777`]));
}
