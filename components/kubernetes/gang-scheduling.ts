import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { IMMUTABLE } from "./job-rules.ts";
import type { inputs } from "./provider.ts";

/** Oldest Kubernetes 1 whose Jobs know gangs themselves (`spec.scheduling`); an older one would silently drop the field. */
const NATIVE_GANGS = 37;

/** Where Kueue looks for a Job's queue; it lets no user change it while the Job runs. */
const QUEUE = "kueue.x-k8s.io/queue-name";

/** For a change of these the Job of a gang is replaced. */
export const GANG_IMMUTABLE = [...IMMUTABLE, `metadata.labels["${QUEUE}"]`];

/** What a scheduling back end adds to the plain Job; it removes nothing. */
interface Scheduling {
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Partial<inputs.batch.v1.JobSpec>;
}

/** The additions of the platform's scheduling back end for a gang of `size` members. */
export function schedulingOf(context: KubernetesContext, name: string, size: number): Scheduling {
  const { scheduling } = context.settings;
  switch (scheduling.kind) {
    case "default":
      return {};
    case "kueue":
      return { labels: { [QUEUE]: scheduling.queue } };
    case "native":
      if (context.view.minor < NATIVE_GANGS) context.admission.require(tooOld(context, name));
      return { spec: { scheduling: { schedulingPolicy: { gang: { minCount: size } } } } };
    default:
      return w.unreachable(scheduling);
  }
}

function tooOld({ view }: KubernetesContext, name: string): w.Mistake {
  const remedy = `use 1.${NATIVE_GANGS} with the gates GenericWorkload and WorkloadWithJob, { kind: kueue, queue }, or { kind: default }`;
  return w.unsupported(`gang "${name}": platform.scheduling.kind native`, `Kubernetes 1.${view.minor}`, remedy);
}
