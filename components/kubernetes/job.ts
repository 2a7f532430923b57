import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import { announceFailure, IMMUTABLE, MAINTENANCE_IS_FREE, retryOf } from "./job-rules.ts";
import { sizesOf } from "./job-sizes.ts";
import { RETRY_OF, RUN, SIZES } from "./labels.ts";
import { calledBy, openCalls } from "./network-policy.ts";
import { KubernetesWorkload } from "./noun.ts";
import { EXISTS, metadataOf, mountedBy, optionsOf } from "./objects.ts";
import { podOf } from "./pod.ts";
import { admit } from "./pod-admission.ts";
import * as k8s from "./provider.ts";
import { runFactsOf } from "./run-facts.ts";
import { KubernetesService } from "./service.ts";
import { deadlineOf, noteOf, runOf, standing, succeededRun } from "./succeeded.ts";
import { mountsNothingYet } from "./volume.ts";

/** Work as a Job of one pod without retries: a failure fails the deployment, and the next one runs it again. */
export class KubernetesJob extends KubernetesWorkload<"job"> implements w.Job {
  readonly fingerprint: pulumi.Output<string>;
  readonly done: Promise<pulumi.Resource>;

  constructor(context: KubernetesContext, name: string, given: w.JobSpec, opts: w.ChildOptions) {
    const owner = { kind: "job", name };
    const { container, inputs, startBudget, deadline, placement, after, ...rest } = w.parse(owner, w.jobSpec, given);
    w.nothingLeft(rest);
    admit(context, owner, container, placement);
    super(context, "job", name, opts);
    context.memorySettings.set(name, w.memorySettingOf(container.resources));

    const empty = mountsNothingYet(container) || calledBy(container).some(({ to }) => to instanceof KubernetesService && to.empty);
    const stand = empty ? undefined : succeededRun(context.view.deployed, name);
    const object = new DeclaredObject(context, this, "Job", name, { stand, again: empty && context.view.objects.has(`Job/${name}`) });
    const { existing } = object;
    announceFailure(this.title, existing, "it runs again");
    const retry = retryOf(existing);
    this.fingerprint = w.fingerprintOf(container, inputs, runFactsOf(context.view.deployed, container, existing, retry));
    const sizes = this.fingerprint.apply((fingerprint) => sizesOf(existing, fingerprint, container, placement));
    // One that is gone after its success is not run again: nothing of it may change but its work.
    const isStand = this.fingerprint.apply((fingerprint) => stand !== undefined && existing === stand && runOf(stand) === fingerprint);
    const activeDeadlineSeconds = isStand.apply((same) => (same ? deadlineOf(stand) : undefined) ?? w.toSeconds(deadline));
    const metadata = metadataOf(context, name, name, {
      ...EXISTS,
      [RUN]: this.fingerprint,
      [SIZES]: sizes.apply((known) => JSON.stringify(known)),
    });
    const body = {
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds,
        podFailurePolicy: { rules: [MAINTENANCE_IS_FREE] },
        podReplacementPolicy: "Failed",
        template: sizes.apply(({ placement: where, ...others }) =>
          pulumi.output(
            podOf(context, {
              workload: name,
              container: { ...container, ...others },
              placement: where,
              leader: name,
              annotations: { [RUN]: this.fingerprint, [RETRY_OF]: retry },
              spec: { restartPolicy: "Never" },
            }),
          ),
        ),
      },
    };
    const flows = openCalls(context, name, container, this);
    const order = optionsOf(context, this, [...flows, ...mountedBy(container)], after);
    const declared = object.inputs(metadata, body);
    const annotations = existing === stand ? standing(stand, isStand, declared.metadata.annotations) : declared.metadata.annotations;
    const job = new k8s.Job(
      name,
      { ...declared, metadata: { ...declared.metadata, annotations } },
      { ...order, ...object.options(IMMUTABLE) },
    );
    const { promise: end, resolve: onEnd } = Promise.withResolvers<void>();
    const wait = async () => context.waits.job(name, { startBudget, deadline, succeeded: await known(isStand), onEnd });
    const complete = w.waitFor(context.admission, job, wait);
    // What comes after the job begins when its work has ended well. Only the deployment waits until the controller has counted it.
    this.done = Promise.race([complete, end.then(() => job)]);
    this.done.catch(() => "waitFor reports it");
    context.truth.keeps(this, job, complete);
    context.truth.ran(name, noteOf(annotations, retry, activeDeadlineSeconds));
    this.registerOutputs({ fingerprint: this.fingerprint });
  }
}

function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
