import type * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { devicesOf } from "./accelerator.ts";
import type { KubernetesContext } from "./context.ts";
import { envOf, literal } from "./env.ts";
import { labelsOf } from "./labels.ts";
import { foldersOf } from "./pod-folders.ts";
import type { Probes } from "./probe.ts";
import type { inputs } from "./provider.ts";

/** Share of a processor limit that is reserved by default: most of a system's parts wait most of the time. */
const RESERVED_CPU = 0.1;

/** What a pod runs, and what its kind of workload adds. */
export interface PodSpec {
  readonly workload: string;
  readonly container: w.CompleteContainer;
  readonly placement: w.CompletePlacement;
  /** Name under which member 0 of a gang is reached; for other workloads their own. */
  readonly leader: string;
  readonly probes?: Probes;
  /** Where a debugger listens in it; reached only through a port that a user forwards. */
  readonly debugPort?: number | undefined;
  /** Seconds between a pod's leaving its service and the request to stop, in which its callers learn that it leaves. */
  readonly leaveSeconds?: number;
  /** Whether its program has a terminal to type into. */
  readonly interactive?: boolean;
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly spec?: Partial<inputs.core.v1.PodSpec>;
}

/**
 * A pod with one container, as Pod Security "restricted" admits it: no root, no privileges, no capabilities, a root
 * filesystem that cannot be written, no token of the API.
 */
export function podOf(context: KubernetesContext, pod: PodSpec): inputs.core.v1.PodTemplateSpec {
  const { workload, container, placement, leader, probes, debugPort, leaveSeconds = 0 } = pod;
  const { work, sizes, flows } = w.partsOf(container);
  const { image, command, args, env, mounts, hosts, ...noMoreWork } = work;
  w.nothingLeft(noMoreWork);
  const { resources, user, scratch, sharedMemory, stopGrace, ...noMoreSizes } = sizes;
  w.nothingLeft(noMoreSizes);
  const { calls: _policies, outside: _likewise, ...noMoreFlows } = flows;
  w.nothingLeft(noMoreFlows);
  const { accelerator, nodeSelector, tolerations, ...elsewhere } = placement;
  w.nothingLeft(elsewhere);
  const requested = devicesOf(`"${workload}": accelerator`, accelerator, context.settings.accelerators);
  const devices = "message" in requested ? NO_DEVICES : requested;
  const folders = foldersOf(mounts, { ...scratch, "/dev/shm": sharedMemory });
  return {
    metadata: { labels: labelsOf(context.stack, workload), ...(pod.annotations === undefined ? {} : { annotations: pod.annotations }) },
    spec: {
      serviceAccountName: context.serviceAccount,
      automountServiceAccountToken: false,
      // Otherwise every service of the namespace would be in variables, REDIS_PORT=tcp://… among them.
      enableServiceLinks: false,
      // The pod's own first process ends orphans and takes signals, as an init process does on Docker.
      shareProcessNamespace: true,
      terminationGracePeriodSeconds: w.toSeconds(stopGrace) + leaveSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user.uid,
        runAsGroup: user.gid,
        fsGroup: user.gid,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...placed(devices, nodeSelector, tolerations),
      ...aliasesOf(hosts),
      volumes: folders.map(({ volume }) => volume),
      containers: [
        {
          name: workload,
          image,
          imagePullPolicy: "IfNotPresent",
          ...(command === undefined ? {} : { command: command.map(literal) }),
          ...(args === undefined ? {} : { args: args.map(literal) }),
          env: envOf(env, leader),
          volumeMounts: folders.map(({ mount }) => mount),
          resources: limitsOf(resources, devices.resources),
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
          ...probes,
          ...(pod.interactive === true ? { stdin: true, stdinOnce: true, tty: true } : {}),
          ...(debugPort === undefined ? {} : { ports: [{ name: "debug", containerPort: debugPort }] }),
          ...(leaveSeconds === 0 ? {} : { lifecycle: { preStop: { sleep: { seconds: leaveSeconds } } } }),
        },
      ],
      ...pod.spec,
    },
  };
}

type Devices = Exclude<ReturnType<typeof devicesOf>, w.Mistake>;

const NO_DEVICES: Devices = { resources: {}, matchExpressions: [], tolerations: [] };

function placed(
  { matchExpressions, tolerations, runtimeClassName }: Devices,
  nodeSelector: Readonly<Record<string, string>>,
  given: w.CompletePlacement["tolerations"],
): Partial<inputs.core.v1.PodSpec> {
  const tolerated = [...tolerations, ...given.map((one) => ({ ...one, operator: one.value === undefined ? "Exists" : "Equal" }))];
  const terms = { nodeSelectorTerms: [{ matchExpressions }] };
  return {
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
    ...(matchExpressions.length === 0 ? {} : { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } }),
    ...(tolerated.length === 0 ? {} : { tolerations: tolerated }),
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
  };
}

/** Names by address, as a pod has them; the host's own address is refused before. */
function aliasesOf(hosts: Readonly<Record<string, string>>): Partial<inputs.core.v1.PodSpec> {
  const addresses = [...new Set(Object.values(hosts))].sort();
  const namesOf = (ip: string) => Object.keys(hosts).filter((name) => hosts[name] === ip);
  return addresses.length === 0 ? {} : { hostAliases: addresses.map((ip) => ({ ip, hostnames: namesOf(ip).sort() })) };
}

/** Requests and limits; devices are the same in both, because they cannot be overcommitted. */
function limitsOf(
  { cpu, memory, processes: _admitted, lockedMemory: _refused, stack: _likewise, reservation, ...rest }: w.CompleteContainer["resources"],
  devices: Readonly<Record<string, string>>,
): inputs.core.v1.ResourceRequirements {
  w.nothingLeft(rest);
  const milli = w.toMillicores(cpu);
  const reserved = reservation.cpu === undefined ? Math.max(10, Math.round(milli * RESERVED_CPU)) : w.toMillicores(reservation.cpu);
  return {
    limits: { cpu: `${milli}m`, memory, ...devices },
    requests: { cpu: `${reserved}m`, memory: reservation.memory ?? memory, ...devices },
  };
}
