import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { DockerConfigFiles } from "./config-files.ts";
import { type DockerContext, physicalName } from "./context.ts";
import type { ContainerArguments } from "./effects.ts";
import { admitHostFolders, bindOf } from "./host-folder.ts";
import { labelList, STACK_LABEL, WORKLOAD_LABEL } from "./labels.ts";
import type * as docker from "./provider.ts";
import { rootlessRemarks } from "./rootless.ts";
import { DockerSecret } from "./secret.ts";
import { DockerVolume } from "./volume.ts";

/** Scheduler period that a processor limit is a share of, in microseconds; Docker's own default. */
const CPU_PERIOD = 100_000;

/** One container of a workload, and its place among the others. */
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

/** What every container of a stack has in common, whatever it runs. */
export function containerArgs(context: DockerContext, instance: Instance, container: w.CompleteContainer) {
  const { work, sizes, flows } = w.partsOf(container);
  const { image, command, args, env, mounts, hosts, ...noMoreWork } = work;
  w.nothingLeft(noMoreWork);
  const { resources, user, scratch, sharedMemory, stopGrace, ...noMoreSizes } = sizes;
  w.nothingLeft(noMoreSizes);
  // Everything on the stack's one network is open to all of it, and so is the world outside.
  const { calls: _oneNetwork, outside: _open, ...noMoreFlows } = flows;
  w.nothingLeft(noMoreFlows);
  const { cpu, memory, processes, lockedMemory, stack, reservation, ...noMoreLimits } = resources;
  w.nothingLeft(noMoreLimits);
  if (instance.index === 0) admitHostFolders(context, instance.workload, mounts, user);
  if (instance.index === 0 && context.view.rootless === true)
    for (const remark of rootlessRemarks(instance.workload, container)) void pulumi.log.warn(remark);
  const name = physicalName(context, instance.hostname);
  context.addresses.take(name);
  return {
    name,
    hostname: instance.hostname,
    image,
    entrypoints: command,
    command: args,
    envs: envList(env, instance),
    mounts: mounts.map(mountOf),
    tmpfs: tmpfsOf(scratch, sharedMemory),
    user: `${user.uid}:${user.gid}`,
    memory: w.toMebibytes(memory),
    memoryReservation: reservation.memory === undefined ? undefined : w.toMebibytes(reservation.memory),
    cpuShares: reservation.cpu === undefined ? undefined : Math.max(2, Math.round((w.toMillicores(reservation.cpu) * 1024) / 1000)),
    // Without it the engine allows as much swap again, reports that, and every later preview shows a change.
    memorySwap: w.toMebibytes(memory),
    // Not `cpus`: a finished job must not run again because its limit changed, and only these two allow that.
    cpuPeriod: CPU_PERIOD,
    cpuQuota: (w.toMillicores(cpu) * CPU_PERIOD) / 1000,
    // The provider has no limit of processes per container; this one counts all of the user's on the host.
    ulimits: [limit("nproc", processes), ...sizeLimit("memlock", lockedMemory), ...sizeLimit("stack", stack)],
    readOnly: true,
    init: true,
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    dns: context.dns.length === 0 ? undefined : [...context.dns],
    // The engine knows the address of its host by this word.
    hosts: hostsOf(hosts),
    networkMode: "bridge",
    networksAdvanced: [{ name: context.network.name, aliases: [instance.workload, instance.hostname] }],
    // Without the first, a container that is replaced or destroyed is killed at once.
    destroyGraceSeconds: w.toSeconds(stopGrace),
    stopTimeout: w.toSeconds(stopGrace),
    ...context.logs.of(instance),
    labels: labelList({ [STACK_LABEL]: context.stack, [WORKLOAD_LABEL]: instance.workload }),
  } satisfies ContainerArguments;
}

function limit(name: string, value: number) {
  return { name, soft: value, hard: value };
}

function sizeLimit(name: string, size: "unlimited" | w.Memory | undefined) {
  return size === undefined ? [] : [limit(name, size === "unlimited" ? -1 : w.toBytes(size))];
}

function hostsOf(hosts: Readonly<Record<string, string>>): docker.inputs.ContainerHost[] | undefined {
  const all = Object.entries(hosts).sort(([a], [b]) => (a < b ? -1 : 1));
  return all.length === 0 ? undefined : all.map(([host, address]) => ({ host, ip: address === "host" ? "host-gateway" : address }));
}

function envList(env: Readonly<Record<string, w.GangEnvValue>>, instance: Instance): pulumi.Input<string>[] {
  return Object.entries(env)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => pulumi.output(textOf(value, instance)).apply((text) => `${name}=${text}`));
}

function textOf(value: w.GangEnvValue, instance: Instance): pulumi.Input<string> {
  if (!w.isReference(value)) return value;
  switch (value.from) {
    case "secret":
      return secretText(value);
    case "service-address":
    case "service-endpoint":
    case "service-url":
      return w.serviceTextOf(value);
    case "member-index":
      return String(instance.index);
    case "leader-address":
      return instance.leader;
    default:
      return w.unreachable(value);
  }
}

function secretText({ secret, key }: w.SecretValue): pulumi.Output<string> {
  if (!(secret instanceof DockerSecret)) return w.foreignHandle(secret);
  const value = secret.values[key];
  if (value === undefined) throw new w.Refusal(`secret "${secret.name}" has no key "${key}"; its keys are ${secret.keys.join(", ")}`);
  return value;
}

function mountOf(mount: w.CompleteMount): docker.inputs.ContainerMount {
  if ("hostFolder" in mount) return bindOf(mount);
  const { path: target } = mount;
  if ("files" in mount) {
    const { files } = mount;
    const source = files instanceof DockerConfigFiles ? files.volumeName : w.foreignHandle(files);
    return { type: "volume", source, target, readOnly: true };
  }
  const { volume, readOnly } = mount;
  return { type: "volume", source: volume instanceof DockerVolume ? volume.volumeName : w.foreignHandle(volume), target, readOnly };
}

/** `/dev/shm` is one more folder in memory; as a folder its size can change without a finished job running again. */
function tmpfsOf(scratch: Readonly<Record<string, w.Memory>>, sharedMemory: w.Memory): Record<string, string> {
  const folders = Object.entries({ ...scratch, "/dev/shm": sharedMemory });
  return Object.fromEntries(folders.map(([path, size]) => [path, `size=${w.toBytes(size)},mode=1777`]));
}
