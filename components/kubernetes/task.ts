import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { labelsOf } from "./labels.ts";
import { openCalls } from "./network-policy.ts";
import { named, options, standing } from "./objects.ts";
import { admit, podOf } from "./pod.ts";
import * as k8s from "./provider.ts";

/** Longest name of a CronJob: its Jobs add up to eleven characters. */
const LONGEST_TASK = 52;
/** The 31st of February, should somebody resume it. */
const NEVER = "0 0 31 2 *";
/** Seconds that a run which has ended stays where nobody removed it, e.g. because the command that started it was killed. */
const FORGOTTEN = 600;

/**
 * Work on demand as a suspended CronJob, from which each run is made as `kubectl create job --from=cronjob/…` makes it.
 * The API server checks it when it is declared; runs belong to it, so that the cluster ends them when it goes.
 */
export class KubernetesTask extends pulumi.ComponentResource implements w.Task {
  readonly kind = "task";
  readonly name: string;
  readonly launch: pulumi.Output<string>;
  readonly resource: pulumi.Resource;

  constructor(context: KubernetesContext, name: string, given: w.TaskSpec, opts: w.ChildOptions) {
    super("mlstack:kubernetes:Task", name, {}, opts);
    const owner = { kind: "task", name, resource: this };
    const { container, placement, deadline, interactive, ...rest } = w.parse(owner, w.taskSpec, given);
    w.nothingLeft(rest);
    if (name.length > LONGEST_TASK) w.refuse(owner, [tooLong(name)]);

    admit(context, name, container, placement);
    standing(context, "CronJob", name);
    const flows = openCalls(context, name, container, this);
    const template = podOf(context, { workload: name, container, placement, leader: name, interactive, spec: { restartPolicy: "Never" } });
    const declared = new k8s.CronJob(
      name,
      {
        metadata: named(context, name, name),
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
      },
      options(context, this, flows),
    );

    this.name = name;
    this.resource = this;
    const { namespaceName, settings, view } = context;
    // Known once it is declared, so that nobody is told of a task that cannot be started.
    this.launch = declared.id.apply(() =>
      w.launchText({ platform: "kubernetes", name, namespace: namespaceName, context: settings.context, cluster: view.id, interactive }),
    );
    this.registerOutputs({ launch: this.launch });
  }
}

function tooLong(name: string): w.Mistake {
  return { path: "name", message: `of a task must be at most ${LONGEST_TASK} characters on Kubernetes, got ${name.length}` };
}
