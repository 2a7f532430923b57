import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { IMMUTABLE, MAINTENANCE_IS_FREE, retryOf } from "./job.ts";
import { RETRY_OF, selectorOf } from "./labels.ts";
import { openAmong, openCalls } from "./network-policy.ts";
import { EXISTS, named, options, standing } from "./objects.ts";
import { admit, mountsAlone, podOf } from "./pod.ts";
import * as k8s from "./provider.ts";
import type { Standing } from "./view.ts";
import { kept } from "./waits.ts";

/** Oldest Kubernetes 1 whose Jobs know gangs themselves (`spec.scheduling`); an older one would leave the field out silently. */
const NATIVE_GANGS = 37;

/** Where Kueue looks for a Job's queue; it lets nobody change it while the Job runs. */
const QUEUE = "kueue.x-k8s.io/queue-name";

/** EX_TEMPFAIL of sysexits.h: a member that ends with it has lost a peer and is not to blame. */
const LOST_PEER = 75;

/** Only the member that failed uses up its restarts, or none where a node went: not all the peers that lost it. */
const LOST_PEER_IS_FREE = { action: "Ignore", onExitCodes: { operator: "In", values: [LOST_PEER] } };

/**
 * Members as the pods of an Indexed Job, whose names `gang-0.gang` … a headless Service keeps. A member that fails is
 * made again under its own index; its peers end when they lose it, are made again too, and all meet at member 0.
 */
export class KubernetesGang extends pulumi.ComponentResource implements w.Gang {
  readonly kind = "gang";
  readonly name: string;
  readonly members: readonly string[];
  readonly leader: string;
  readonly resource: pulumi.Resource;

  constructor(context: KubernetesContext, name: string, given: w.GangSpec, opts: w.ChildOptions) {
    super("mlstack:kubernetes:Gang", name, {}, opts);
    const spec = w.parse({ kind: "gang", name, resource: this }, w.gangSpec, given);
    const { container, size, rendezvousPort, maxRestarts, startBudget, placement, after, ...rest } = spec;
    w.nothingLeft(rest);

    if (size > 1 && mountsAlone(container)) w.refuse({ kind: "gang", name, resource: this }, [severalNodes()]);
    this.members = w.memberNames(name, size).map((member) => `${member}.${name}`);
    this.leader = this.members[0] ?? name;
    const stands = standing(context, "Job", name);
    if (stands !== undefined) tellResize(name, stands, size);
    const selector = selectorOf(context.stack, name);
    standing(context, "Service", context.names.take("address", name));
    const meeting = new k8s.Service(
      name,
      {
        metadata: named(context, name, name, { "pulumi.com/skipAwait": "true" }),
        // Members must find each other before they are ready.
        spec: { clusterIP: "None", publishNotReadyAddresses: true, selector, ports: [{ name: "rendezvous", port: rendezvousPort }] },
      },
      options(context, this),
    );
    const flows = [openAmong(context, name, this), ...openCalls(context, name, container, this)];
    admit(context, name, container, placement);
    const metadata = named(context, name, name, EXISTS);
    const scheduled = scheduling(context, name, size);
    const job = new k8s.Job(
      name,
      {
        metadata: { ...metadata, labels: { ...metadata.labels, ...scheduled.labels } },
        spec: {
          completionMode: "Indexed",
          completions: size,
          parallelism: size,
          backoffLimitPerIndex: maxRestarts,
          // One member that cannot go on ends them all: a world with a rank missing computes nothing.
          maxFailedIndexes: 0,
          podFailurePolicy: { rules: [...MAINTENANCE_IS_FREE.rules, LOST_PEER_IS_FREE] },
          podReplacementPolicy: "Failed",
          ...scheduled.spec,
          template: podOf(context, {
            workload: name,
            container,
            placement,
            leader: this.leader,
            // A gang that has used up its restarts begins anew with the next deployment, from its last checkpoint.
            annotations: { [RETRY_OF]: retryOf(stands) },
            spec: { restartPolicy: "Never", subdomain: name },
          }),
        },
      },
      {
        ...options(context, this, [meeting, ...flows], after),
        deleteBeforeReplace: true,
        replaceOnChanges: [...IMMUTABLE, `metadata.labels["${QUEUE}"]`],
      },
    );
    context.kept.set(
      this,
      kept(job, () => context.waits.gang(name, startBudget)),
    );

    this.name = name;
    this.resource = this;
    this.registerOutputs({ leader: this.leader });
  }
}

function severalNodes(): w.Mistake {
  const remedy = 'give the volume access "many-nodes"';
  return w.unsupported("container.mounts", "Kubernetes for several members that mount a volume of one node", remedy);
}

/** A changed number of members is a new world: no rank of the old one can go on. */
function tellResize(name: string, stands: Standing, size: number): void {
  const { parallelism } = (stands.spec ?? {}) as { parallelism?: number };
  const { active = 0 } = (stands.status ?? {}) as { active?: number };
  if (parallelism === undefined || parallelism === size || active === 0) return;
  void pulumi.log.warn(
    `gang "${name}": ${parallelism} → ${size} members ends the ${active} that run; training starts again from its last checkpoint`,
  );
}

/** Fields that a scheduling back end adds to the plain Job; it takes none away. */
function scheduling(
  context: KubernetesContext,
  name: string,
  size: number,
): { labels?: Record<string, string>; spec?: Partial<k8s.inputs.batch.v1.JobSpec> } {
  const { scheduling: backend } = context.settings;
  switch (backend.kind) {
    case "default":
      return {};
    case "kueue":
      return { labels: { [QUEUE]: backend.queue } };
    case "native":
      if (context.view.minor < NATIVE_GANGS) context.admission.require(tooOld(context, name));
      return { spec: { scheduling: { schedulingPolicy: { gang: { minCount: size } } } } };
    default:
      return w.unreachable(backend);
  }
}

function tooOld({ view }: KubernetesContext, name: string): w.Mistake {
  const remedy = `use 1.${NATIVE_GANGS} with the gates GenericWorkload and WorkloadWithJob, { kind: kueue, queue }, or { kind: default }`;
  return w.unsupported(`gang "${name}": platform.scheduling.kind native`, `Kubernetes 1.${view.minor}`, remedy);
}
