import { type End, oneLine } from "../workload/adapter/failure.ts";

/** A pod as far as messages about it read it. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    /** Where it was placed. */
    readonly nodeName?: string;
    readonly containers: readonly PodContainer[];
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly affinity?: Affinity;
  };
  readonly status: PodStatus;
}

interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
  readonly containerStatuses?: readonly ContainerStatus[];
}

interface PodContainer {
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly readinessProbe?: { readonly httpGet?: { readonly port?: number | string } };
  readonly resources?: { readonly requests?: Readonly<Record<string, string>>; readonly limits?: Readonly<Record<string, string>> };
}

interface Affinity {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: {
      readonly nodeSelectorTerms: readonly {
        readonly matchExpressions?: readonly { readonly key: string; readonly values?: readonly string[] }[];
      }[];
    };
  };
}

interface ContainerStatus {
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: State;
  readonly lastState?: State;
}

interface State {
  readonly running?: { readonly startedAt?: string | Date };
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: Terminated;
}

interface Terminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly startedAt?: string | Date;
  readonly finishedAt?: string | Date;
}

/** Why a container waits that no time helps: its image cannot be pulled. */
const NO_IMAGE: readonly string[] = ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"];
/** The same: the node cannot create or start it. */
const NO_START: readonly string[] = ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"];

/** Why a pod's container cannot start, in the words of its node; undefined when it can, or may yet. */
export function startFailure({
  status,
}: {
  readonly status?: PodStatus;
}): { readonly image: boolean; readonly message: string } | undefined {
  const { reason = "", message } = status?.containerStatuses?.[0]?.state?.waiting ?? {};
  const image = NO_IMAGE.includes(reason);
  return image || NO_START.includes(reason) ? { image, message: oneLine(message ?? reason) } : undefined;
}

/** Why a container has not even started, for a message about its workload. */
export function startFailureMessage(pod: Pod): string | undefined {
  const failure = startFailure(pod);
  if (failure === undefined) return undefined;
  if (!failure.image) return `${pod.metadata.name} cannot be started: ${failure.message}`;
  return `image "${pod.spec.containers[0]?.image}" cannot be pulled: ${failure.message}; correct the reference, push the image, or give the registry's credentials`;
}

/** What no node has, next to what the scheduler says of the nodes that exist. */
export function placementFailureMessage(pod: Pod): string | undefined {
  const condition = pod.status.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (condition?.reason !== "Unschedulable") return undefined;
  const labels = Object.entries(pod.spec.nodeSelector ?? {}).map(([key, value]) => `label ${key}=${value}`);
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const models = terms.flatMap(({ matchExpressions = [] }) =>
    matchExpressions.map(({ key, values = [] }) => `label ${key} in (${values.join(", ")})`),
  );
  const amounts = Object.entries(pod.spec.containers[0]?.resources?.requests ?? {}).map(([name, amount]) => `${amount} ${name}`);
  return `no node can take ${pod.metadata.name}, which needs ${[...labels, ...models, ...amounts].join(", ")}; the scheduler says: ${oneLine(condition.message ?? "")}`;
}

/** What a container needs that ended so; undefined where its exit code says it all. @param setting that gives its memory limit */
export function endMessage({ reason }: { readonly reason?: string }, setting?: string): string | undefined {
  if (reason !== "OOMKilled") return undefined;
  return `needs more memory than its limit${setting === undefined ? "" : `, which ${setting} raises`}`;
}

/** Whether all containers of a pod that starts none again have ended well; its node reports the pod as succeeded about a second later. */
export function hasSucceeded({ spec, status: { containerStatuses = [] } }: Pod): boolean {
  return containerStatuses.length === spec.containers.length && containerStatuses.every(({ state }) => state?.terminated?.exitCode === 0);
}

/** How a pod's container ended. @param setting that gives its memory limit */
export function endOf({ spec }: Pod, { exitCode, reason }: Terminated, setting: string): End {
  const limit = spec.containers[0]?.resources?.limits?.["memory"] ?? "its pod";
  return { exitCode, outOfMemory: reason === "OOMKilled" ? { limit, setting } : undefined };
}
