import { oneLine } from "../workload/adapter/failure.ts";
import type { Hopeless } from "./hopeless.ts";
import type { Pod } from "./pod-status.ts";

/** Why an event is, where a node could not make a pod's sandbox. */
export const NO_SANDBOX = "FailedCreatePodSandBox";

/** A failure to make a sandbox, as the cluster counts it. */
export interface SandboxFailure {
  readonly message?: string;
  /** How often it was seen; 1 where it is not counted. */
  readonly count?: number | null;
  readonly involvedObject: { readonly uid?: string };
}

/** Tries of a node while a deployment waits, some twelve seconds apart, after which it will not get the image by itself. */
const TRIES = 4;
/**
 * The words of containerd, CRI-O and Docker where the image of every sandbox is missing. What else can fail passes on a node that
 * is new: its network plugin, or the runtime of its GPUs, is installed minutes after its first pods are placed.
 */
const NO_IMAGE = /sandbox image|pause image|failed pulling image/i;

/** Notices that a node tries in vain to make a pod's sandbox, for the length of one wait. */
export class Sandboxes {
  /** Failures from before the wait, which may have been put right since, by the pod's id. */
  private readonly before = new Map<string, number>();

  /** The first of the pods whose sandbox cannot be made. */
  lost(pods: readonly Pod[], failures: readonly SandboxFailure[]): Hopeless | undefined {
    return pods.map((pod) => this.lostOne(pod, failures)).find((found) => found !== undefined);
  }

  private lostOne({ metadata: { name, uid = "" }, spec }: Pod, failures: readonly SandboxFailure[]): Hopeless | undefined {
    // The same name may have been another pod's.
    const own = failures.filter(({ involvedObject, message = "" }) => involvedObject.uid === uid && NO_IMAGE.test(message));
    const all = own.reduce((sum, { count }) => sum + (count ?? 1), 0);
    const before = this.before.get(uid) ?? all;
    this.before.set(uid, before);
    if (all - before < TRIES) return undefined;
    return { pod: name, why: whyOf(name, spec.nodeName, oneLine(own.at(-1)?.message ?? "")) };
  }
}

/** Whether a pod has a node, which has not started its container yet. */
export function awaitsSandbox({ spec, status }: Pod): boolean {
  const { state, lastState } = status.containerStatuses?.[0] ?? {};
  const [begun, ended] = [state?.running ?? state?.terminated, lastState?.terminated];
  return spec.nodeName !== undefined && begun === undefined && ended === undefined;
}

function whyOf(pod: string, node: string | undefined, message: string): string {
  const image = /image \\?"([^"\\]+)/.exec(message)?.[1];
  const what = image === undefined ? "the image" : `image "${image}"`;
  return `node "${node}" cannot make the sandbox of ${pod}, for which it has no image: ${message}; load ${what} on that node or let it reach the registry, or name another as the sandbox image of its container runtime`;
}
