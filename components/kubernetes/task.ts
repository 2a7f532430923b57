import type * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import { labelsOf } from "./labels.ts";
import { openCalls } from "./network-policy.ts";
import { metadataOf, mountedBy, optionsOf } from "./objects.ts";
import { podOf } from "./pod.ts";
import { admit } from "./pod-admission.ts";
import * as k8s from "./provider.ts";

/** Longest name of a CronJob: its Jobs add up to eleven characters. */
const LONGEST_TASK = 52;
/** The 31st of February, in case a user resumes it. */
const NEVER = "0 0 31 2 *";
/** Seconds that a run which has ended remains where its command did not remove it, e.g. because that was killed. */
const FORGOTTEN = 600;

/**
 * Work on demand as a suspended CronJob, from which each run is made as `kubectl create job --from=cronjob/…` makes it.
 * The API server checks it when it is declared; runs belong to it, so that the cluster ends them when it is deleted.
 */
export class KubernetesTask extends w.Noun<"task"> implements w.Task {
  readonly launch: pulumi.Output<string>;

  constructor(context: KubernetesContext, name: string, given: w.TaskSpec, opts: w.ChildOptions) {
    const owner = { kind: "task", name };
    const { container, placement, deadline, interactive, ...rest } = w.parse(owner, w.taskSpec, given);
    w.nothingLeft(rest);
    if (name.length > LONGEST_TASK) w.refuse(owner, [tooLong(name)]);
    admit(context, owner, container, placement);
    super(context, "task", name, opts);

    const object = new DeclaredObject(context, this, "CronJob", name);
    const flows = openCalls(context, name, container, this);
    const template = podOf(context, { workload: name, container, placement, leader: name, interactive, spec: { restartPolicy: "Never" } });
    const declared = new k8s.CronJob(
      name,
      object.inputs(metadataOf(context, name, name), {
        spec: {
          schedule: NEVER,
          suspend: true,
          jobTemplate: {
            metadata: { labels: labelsOf(context.stack, name) },
            spec: {
              backoffLimit: 0,
              activeDeadlineSeconds: w.toSeconds(deadline),
              ttlSecondsAfterFinished: FORGOTTEN,
              template,
            },
          },
        },
      }),
      { ...optionsOf(context, this, [...flows, ...mountedBy(container)]), ...object.options() },
    );

    const { namespaceName: namespace, settings, view } = context;
    // Known once it is declared, so that no task is announced that cannot be started.
    this.launch = declared.id.apply(() =>
      w.launchText({ platform: "kubernetes", name, namespace, context: settings.context, cluster: view.id, interactive }),
    );
    this.registerOutputs({ launch: this.launch });
  }
}

function tooLong(name: string): w.Mistake {
  return { path: "name", message: `of a task must be at most ${LONGEST_TASK} characters on Kubernetes, got ${name.length}` };
}
