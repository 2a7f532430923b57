import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { objectNameOf } from "./handles.ts";
import { IMMUTABLE, MAINTENANCE_IS_FREE, retryOf } from "./job-rules.ts";
import { sizesOf } from "./job-sizes.ts";
import { RETRY_OF, RUN, SIZES } from "./labels.ts";
import { openCalls } from "./network-policy.ts";
import { KubernetesWorkload } from "./noun.ts";
import { EXISTS, existingObject, metadataOf, optionsOf } from "./objects.ts";
import { podOf } from "./pod.ts";
import { admit } from "./pod-admission.ts";
import * as k8s from "./provider.ts";

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

    const existing = existingObject(context, "Job", name);
    this.fingerprint = w.fingerprintOf(container, inputs, ({ secret, key }) => pulumi.interpolate`${objectNameOf(secret)}/${key}`);
    const sizes = this.fingerprint.apply((fingerprint) => sizesOf(existing, fingerprint, container, placement));
    const flows = openCalls(context, name, container, this);
    const job = new k8s.Job(
      name,
      {
        metadata: metadataOf(context, name, name, {
          ...EXISTS,
          [RUN]: this.fingerprint,
          [SIZES]: sizes.apply((known) => JSON.stringify(known)),
        }),
        spec: {
          backoffLimit: 0,
          activeDeadlineSeconds: w.toSeconds(deadline),
          podFailurePolicy: { rules: [MAINTENANCE_IS_FREE] },
          podReplacementPolicy: "Failed",
          template: sizes.apply(({ placement: where, ...others }) =>
            pulumi.output(
              podOf(context, {
                workload: name,
                container: { ...container, ...others },
                placement: where,
                leader: name,
                annotations: { [RUN]: this.fingerprint, [RETRY_OF]: retryOf(existing) },
                spec: { restartPolicy: "Never" },
              }),
            ),
          ),
        },
      },
      {
        ...optionsOf(context, this, flows, after),
        deleteBeforeReplace: true,
        replaceOnChanges: IMMUTABLE,
      },
    );
    this.done = w.waitFor(context.admission, job, () => context.waits.job(name, startBudget, deadline));
    this.registerOutputs({ fingerprint: this.fingerprint });
  }
}
