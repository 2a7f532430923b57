import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { secretObject } from "./env.ts";
import { RETRY_OF, RUN, SIZES } from "./labels.ts";
import { openCalls } from "./network-policy.ts";
import { EXISTS, named, options, standing } from "./objects.ts";
import { admit, podOf } from "./pod.ts";
import { jobProgress } from "./progress.ts";
import * as k8s from "./provider.ts";
import type { Standing } from "./view.ts";
import { kept } from "./waits.ts";

/** Maintenance of nodes costs a workload none of its tries. */
export const MAINTENANCE_IS_FREE = { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }] };

/**
 * What the API server lets nobody change, while the provider would try: a change of these makes the Job anew. The fields
 * that the provider itself replaces for (template, completions, parallelism, selector) need no mention.
 */
export const IMMUTABLE = ["backoffLimitPerIndex", "completionMode", "managedBy", "podFailurePolicy", "scheduling", "successPolicy"].map(
  (field) => `spec.${field}`,
);

/** Work as a Job of one pod that is not tried again by itself: a failure fails the deployment, and the next one runs it again. */
export class KubernetesJob extends pulumi.ComponentResource implements w.Job {
  readonly kind = "job";
  readonly name: string;
  readonly fingerprint: pulumi.Output<string>;
  readonly resource: pulumi.Resource;

  constructor(context: KubernetesContext, name: string, given: w.JobSpec, opts: w.ChildOptions) {
    super("mlstack:kubernetes:Job", name, {}, opts);
    const spec = w.parse({ kind: "job", name, resource: this }, w.jobSpec, given);
    const { container, inputs, startBudget, deadline, placement, after, ...rest } = spec;
    w.nothingLeft(rest);

    admit(context, name, container, placement);
    const stands = standing(context, "Job", name);
    this.fingerprint = w.fingerprintOf(container, inputs, (value) => pulumi.interpolate`${secretObject(context, value)}/${value.key}`);
    const sizes = this.fingerprint.apply((run) => sizesOf(stands, run, container, placement));
    const flows = openCalls(context, name, container, this);
    const job = new k8s.Job(
      name,
      {
        metadata: named(context, name, name, {
          ...EXISTS,
          [RUN]: this.fingerprint,
          [SIZES]: sizes.apply((known) => JSON.stringify(known)),
        }),
        spec: {
          backoffLimit: 0,
          activeDeadlineSeconds: w.toSeconds(deadline),
          podFailurePolicy: MAINTENANCE_IS_FREE,
          podReplacementPolicy: "Failed",
          template: sizes.apply(({ placement: where, ...others }) =>
            pulumi.output(
              podOf(context, {
                workload: name,
                container: { ...container, ...others },
                placement: where,
                leader: name,
                annotations: { [RUN]: this.fingerprint, [RETRY_OF]: retryOf(stands) },
                spec: { restartPolicy: "Never" },
              }),
            ),
          ),
        },
      },
      {
        ...options(context, this, flows, after),
        deleteBeforeReplace: true,
        replaceOnChanges: IMMUTABLE,
      },
    );
    context.kept.set(
      this,
      kept(job, () => context.waits.job(name, startBudget, deadline)),
    );

    this.name = name;
    this.resource = this;
    this.registerOutputs({ fingerprint: this.fingerprint });
  }
}

/** What a run is given that does not decide whether there is another one. */
type Sizes = Pick<w.CompleteContainer, "resources" | "scratch" | "sharedMemory" | "stopGrace" | "user"> & {
  readonly placement: w.CompletePlacement;
};

const NOT_THERE = { done: false, failed: true, reached: 0 };

/**
 * Those of the run that stands while nothing decides for another: work that is done must not run again for a limit. A
 * run that has failed or cannot start is mended by the new ones.
 */
function sizesOf(
  stands: Standing | undefined,
  run: string,
  { resources, scratch, sharedMemory, stopGrace, user }: w.CompleteContainer,
  placement: w.CompletePlacement,
): Sizes {
  const { [RUN]: last, [SIZES]: sizes } = stands?.metadata.annotations ?? {};
  const { done, failed, reached } = stands === undefined ? NOT_THERE : jobProgress(stands);
  const goesOn = done || (reached > 0 && failed !== true);
  if (goesOn && last === run && sizes !== undefined) return JSON.parse(sizes) as Sizes;
  return { resources, scratch, sharedMemory, stopGrace, user, placement };
}

/** Which failed Job this run repeats; it stays in the pod's annotations when the repetition has succeeded. */
export function retryOf(stands: Standing | undefined): string {
  if (stands === undefined) return "";
  if (jobProgress(stands).failed === true) return stands.metadata.uid ?? "";
  const { template } = (stands.spec ?? {}) as { template?: { metadata?: { annotations?: Record<string, string> } } };
  return template?.metadata?.annotations?.[RETRY_OF] ?? "";
}
