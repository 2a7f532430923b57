import { type End, endText } from "../workload/adapter/index.ts";
import type { Existing } from "./existing.ts";
import { endOf, type Pod, startFailureMessage } from "./pod-status.ts";

/** Ends of a container, one after another, after which it will not become ready by itself. */
const ENDS = 3;
/** Why a container waits that more time does not help: its node has tried more than once, or cannot try. */
const FINAL: readonly string[] = ["ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"];
/** Labels by which a controller's pods of one form are known. */
const FORMS = ["pod-template-hash", "controller-revision-hash"] as const;
/** The same for a Job, which has one form: its own id, that of an earlier Job of its name is another. */
const OF_JOB = "batch.kubernetes.io/controller-uid";

/** A pod that cannot become ready, however long it is waited for. */
export interface Hopeless {
  readonly pod: string;
  readonly uid?: string | undefined;
  /** Why, as a sentence. */
  readonly why: string;
  /** How its container ended, where it starts at all. */
  readonly end?: End;
}

/**
 * The pods of a workload's newest form. Those of an older one are left out: what is deployed may be their remedy.
 *
 * @param pods newest first · @param workload whose pods they are
 */
export function newestOf(pods: readonly Pod[], { metadata: { uid }, status }: Existing): readonly Pod[] {
  const [newest] = pods;
  const form = status?.updateRevision ?? (newest && formOf(newest));
  const isOfOther = ({ metadata: { labels = {} } }: Pod) => (labels[OF_JOB] ?? uid) !== uid;
  return pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && formOf(pod) === form && !isOfOther(pod));
}

function formOf({ metadata: { labels = {} } }: Pod): string | undefined {
  return FORMS.map((label) => labels[label]).find((value) => value !== undefined);
}

/** The first pod without hope. @param memorySetting that gives their memory limit */
export function hopeless(pods: readonly Pod[], memorySetting: string): Hopeless | undefined {
  return pods.map((pod) => withoutHope(pod, memorySetting)).find((found) => found !== undefined);
}

function withoutHope(pod: Pod, memorySetting: string): Hopeless | undefined {
  const { name } = pod.metadata;
  const [container] = pod.status.containerStatuses ?? [];
  if (FINAL.includes(container?.state?.waiting?.reason ?? ""))
    return { pod: name, why: startFailureMessage(pod) ?? `${name} cannot start` };
  const last = container?.lastState?.terminated;
  const ends = (container?.restartCount ?? 0) + 1;
  if (container?.state?.waiting?.reason !== "CrashLoopBackOff" || last === undefined || ends < ENDS) return undefined;
  const end = endOf(pod, last, memorySetting);
  return { pod: name, uid: pod.metadata.uid, why: `${name} ${endText(end, "ends")}, again and again (${ends} times)`, end };
}
