import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import type { Existing } from "./existing.ts";
import { GANG_IMMUTABLE, schedulingOf } from "./gang-scheduling.ts";
import { announceFailure, MAINTENANCE_IS_FREE, retryOf } from "./job-rules.ts";
import { INPUTS, labelsOf, RETRY_OF, selectorOf } from "./labels.ts";
import { openAmong, openCalls } from "./network-policy.ts";
import { KubernetesWorkload } from "./noun.ts";
import { EXISTS, metadataOf, mountedBy, NO_WAIT, optionsOf } from "./objects.ts";
import { podOf } from "./pod.ts";
import { admit } from "./pod-admission.ts";
import { mountsAlone } from "./pod-folders.ts";
import * as k8s from "./provider.ts";

/** Only the member that failed uses up its restarts, or none where a node failed: not all the peers that lost it. */
const LOST_PEER_IS_FREE = { action: "Ignore", onExitCodes: { operator: "In", values: [w.LOST_PEER] } };

/**
 * Members as the pods of an Indexed Job, whose names `gang-0.gang` … a headless Service keeps. A member that fails is
 * created again under its own index; its peers end when they lose it, are created again too, and all meet at member 0.
 */
export class KubernetesGang extends KubernetesWorkload<"gang"> implements w.Gang {
  readonly members: readonly string[];
  readonly leader: string;
  readonly done: Promise<pulumi.Resource>;

  constructor(context: KubernetesContext, name: string, given: w.GangSpec, opts: w.ChildOptions) {
    const owner = { kind: "gang", name };
    const { container, size, rendezvousPort, maxRestarts, inputs, startBudget, placement, after, ...rest } = w.parse(
      owner,
      w.gangSpec,
      given,
    );
    w.nothingLeft(rest);
    if (size > 1 && mountsAlone(container)) w.refuse(owner, [severalNodes()]);
    admit(context, owner, container, placement);
    super(context, "gang", name, opts);
    context.memorySettings.set(name, w.memorySettingOf(container.resources));

    this.members = w.memberNames(name, size).map((member) => `${member}.${name}`);
    this.leader = this.members[0] ?? name;
    const object = new DeclaredObject(context, this, "Job", name);
    const { existing } = object;
    if (existing !== undefined) announceResize(name, existing, size);
    announceFailure(this.title, existing, "it starts again, from its last checkpoint");
    const meeting = this.meetingPoint(context, rendezvousPort);
    const flows = [openAmong(context, name, this), ...openCalls(context, name, container, this)];
    const metadata = metadataOf(context, name, name, EXISTS);
    const scheduling = schedulingOf(context, name, size);
    const job = new k8s.Job(
      name,
      object.inputs(
        { ...metadata, labels: { ...labelsOf(context.stack, name), ...scheduling.labels } },
        {
          spec: {
            completionMode: "Indexed",
            completions: size,
            parallelism: size,
            backoffLimitPerIndex: maxRestarts,
            // One member that cannot go on ends them all: a world with a rank missing computes nothing.
            maxFailedIndexes: 0,
            podFailurePolicy: { rules: [MAINTENANCE_IS_FREE, LOST_PEER_IS_FREE] },
            podReplacementPolicy: "Failed",
            ...scheduling.spec,
            template: podOf(context, {
              workload: name,
              container,
              placement,
              leader: this.leader,
              // A gang that has used up its restarts starts again with the next deployment, from its last checkpoint.
              annotations: { [RETRY_OF]: retryOf(existing), ...(Object.keys(inputs).length === 0 ? {} : { [INPUTS]: w.hashOf(inputs) }) },
              spec: { restartPolicy: "Never", subdomain: name },
            }),
          },
        },
      ),
      { ...optionsOf(context, this, [meeting, ...flows, ...mountedBy(container)], after), ...object.options(GANG_IMMUTABLE) },
    );
    this.done = w.waitFor(context.admission, job, () => context.waits.gang(name, startBudget));
    context.truth.keeps(this, job, this.done);
    this.registerOutputs({ leader: this.leader });
  }

  /** The headless Service under whose name the members find each other, before they are ready as well. */
  private meetingPoint(context: KubernetesContext, rendezvousPort: number): k8s.Service {
    const { name } = this;
    const object = new DeclaredObject(context, this, "Service", context.names.take("address", name));
    const selector = selectorOf(context.stack, name);
    const ports = [{ name: "rendezvous", port: rendezvousPort }];
    return new k8s.Service(
      name,
      object.inputs(metadataOf(context, name, name, NO_WAIT), {
        spec: { clusterIP: "None", publishNotReadyAddresses: true, selector, ports },
      }),
      { ...optionsOf(context, this), ...object.options() },
    );
  }
}

function severalNodes(): w.Mistake {
  const remedy = 'give the volume access "many-nodes"';
  return w.unsupported("container.mounts", "Kubernetes for several members that mount a volume of one node", remedy);
}

/** A changed number of members is a new world: no rank of the old one can go on. */
function announceResize(name: string, { spec, status }: Existing, size: number): void {
  const [parallelism, active] = [spec?.parallelism, status?.active ?? 0];
  if (parallelism === undefined || parallelism === size || active === 0) return;
  void pulumi.log.warn(
    `gang "${name}": ${parallelism} → ${size} members ends the ${active} that run; training starts again from its last checkpoint`,
  );
}
