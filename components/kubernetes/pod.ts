import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { devicesOf } from "./accelerator.ts";
import type { KubernetesContext } from "./context.ts";
import { envOf, literal } from "./env.ts";
import { labelsOf } from "./labels.ts";
import type { Probes } from "./probe.ts";
import type { inputs } from "./provider.ts";
import { hostFolderMistakes } from "./storage.ts";

/** Share of a processor limit that is kept free where nothing else is said: most of a system's parts wait most of the time. */
const RESERVED_CPU = 0.1;

/** What a pod runs, and what its kind of workload adds. */
export interface PodSpec {
  readonly workload: string;
  readonly container: w.CompleteContainer;
  readonly placement: w.CompletePlacement;
  /** Name under which member 0 of a gang is reached; for other workloads their own. */
  readonly leader: string;
  readonly probes?: Probes;
  /** Where a debugger listens in it; nothing leads there but a port that somebody forwards. */
  readonly debugPort?: number | undefined;
  /** Seconds between a pod's leaving its service and the request to stop, so that nobody sends to it any more. */
  readonly leaveSeconds?: number;
  /** Whether its program is typed into on a terminal. */
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
    calls: _policies,
    outside: _too,
    ...rest
  } = container;
  w.nothingLeft(rest);
  const { accelerator, nodeSelector, tolerations, ...elsewhere } = placement;
  w.nothingLeft(elsewhere);
  const asked = devicesOf(`"${workload}": accelerator`, accelerator, context.settings.accelerators);
  const devices = "message" in asked ? NO_DEVICES : asked;
  const folders = foldersOf(context, mounts, { ...scratch, "/dev/shm": sharedMemory });
  return {
    metadata: { labels: labelsOf(context.stack, workload), ...(pod.annotations === undefined ? {} : { annotations: pod.annotations }) },
    spec: {
      serviceAccountName: context.serviceAccount,
      automountServiceAccountToken: false,
      // Without it every service of the namespace would be told in variables, REDIS_PORT=tcp://… among them.
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
      volumes: folders.map(({ volume }) => volume),
      containers: [
        {
          name: workload,
          image,
          imagePullPolicy: "IfNotPresent",
          ...(command === undefined ? {} : { command: command.map(literal) }),
          ...(args === undefined ? {} : { args: args.map(literal) }),
          env: envOf(context, env, leader),
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

/** Asks for the admission of what a pod needs of the cluster, at once: a job's pod is only rendered once its run is known. */
export function admit(context: KubernetesContext, workload: string, container: w.CompleteContainer, placement: w.CompletePlacement): void {
  const devices = devicesOf(`"${workload}": accelerator`, placement.accelerator, context.settings.accelerators);
  if ("message" in devices) context.admission.require(devices);
  for (const mistake of hostFolderMistakes(workload, container.mounts)) context.admission.require(mistake);
  if (container.resources.processes !== w.DEFAULT_PROCESSES) context.admission.require(ownProcesses(workload));
}

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

/** Requests and limits; devices are the same in both, because nobody can overcommit them. */
function limitsOf(
  { cpu, memory, processes: _admitted, reservation, ...rest }: w.CompleteContainer["resources"],
  devices: Readonly<Record<string, string>>,
): inputs.core.v1.ResourceRequirements {
  w.nothingLeft(rest);
  const milli = w.toMillicores(cpu);
  const kept = reservation.cpu === undefined ? Math.max(10, Math.round(milli * RESERVED_CPU)) : w.toMillicores(reservation.cpu);
  return {
    limits: { cpu: `${milli}m`, memory, ...devices },
    requests: { cpu: `${kept}m`, memory: reservation.memory ?? memory, ...devices },
  };
}

function ownProcesses(workload: string): w.Mistake {
  const remedy = "leave it out; each node limits the processes of a pod (podPidsLimit of the kubelet)";
  return w.unsupported(`"${workload}": resources.processes`, "Kubernetes", remedy);
}

interface Folder {
  readonly volume: inputs.core.v1.Volume;
  readonly mount: inputs.core.v1.VolumeMount;
}

/** Volumes, files, and folders in memory, each under a name of its own. */
function foldersOf(context: KubernetesContext, mounts: readonly w.CompleteMount[], inMemory: Readonly<Record<string, w.Memory>>): Folder[] {
  const mounted = mounts.flatMap((mount, index) => ("hostFolder" in mount ? [] : [mountedAs(context, mount, `mount-${index}`)]));
  const memory = Object.entries(inMemory).map(([path, sizeLimit], index) => {
    const name = `memory-${index}`;
    return { volume: { name, emptyDir: { medium: "Memory", sizeLimit } }, mount: { name, mountPath: path } };
  });
  return [...mounted, ...memory];
}

/** Whether the container mounts a volume that one node has: a second one elsewhere, or at the same time, could not. */
export function mountsAlone({ mounts }: w.CompleteContainer): boolean {
  return mounts.some((mount) => "volume" in mount && mount.volume.access === "one-node");
}

function mountedAs(context: KubernetesContext, mount: Exclude<w.CompleteMount, w.HostFolderMount>, name: string): Folder {
  const handle = "volume" in mount ? mount.volume : mount.files;
  const object = context.objects.get(handle);
  if (object === undefined) throw new pulumi.RunError(`${handle.kind} "${handle.name}" is not of this platform`);
  if ("files" in mount) {
    return { volume: { name, configMap: { name: object, defaultMode: 0o444 } }, mount: { name, mountPath: mount.path, readOnly: true } };
  }
  return {
    volume: { name, persistentVolumeClaim: { claimName: object } },
    mount: { name, mountPath: mount.path, readOnly: mount.readOnly },
  };
}
