import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { containerArgs } from "./container.ts";
import { type DockerContext, physicalName } from "./context.ts";
import type { EngineView } from "./engine.ts";
import { INPUTS_LABEL, labelList, RETRY_LABEL } from "./labels.ts";
import { claimed } from "./placement.ts";
import * as docker from "./provider.ts";

/**
 * Work as one container that is not started again. Its create returns when the work has ended; a hook then fails the
 * deployment when it ended badly. All that decides whether it runs again is a property the provider replaces for;
 * all else (limits, scratch sizes) is not, and so waits for the next run.
 */
export class DockerJob extends pulumi.ComponentResource implements w.Job {
  readonly kind = "job";
  readonly name: string;
  readonly fingerprint: pulumi.Output<string>;
  readonly resource: pulumi.Resource;

  constructor(context: DockerContext, name: string, given: w.JobSpec, opts: w.ChildOptions) {
    super("mlstack:docker:Job", name, {}, opts);
    const spec = w.parse({ kind: "job", name, resource: this }, w.jobSpec, given);
    const { container, inputs, deadline, startBudget: _atOnce, placement, after, ...rest } = spec;
    w.nothingLeft(rest);

    const common = containerArgs(context, { workload: name, hostname: name, index: 0, leader: name }, container);
    this.fingerprint = w.fingerprintOf(container, inputs);
    new docker.Container(
      name,
      {
        ...common,
        ...claimed(context, name, placement),
        labels: [
          ...common.labels,
          ...labelList({ [INPUTS_LABEL]: w.hashOf(inputs), [RETRY_LABEL]: retryOf(context.view, physicalName(context, name)) }),
        ],
        attach: true,
        mustRun: false,
        restart: "no",
      },
      {
        parent: this,
        dependsOn: after.map(({ resource }) => resource),
        deleteBeforeReplace: true,
        replaceOnChanges: ["mounts"],
        customTimeouts: { create: deadline },
        hooks: { beforeCreate: [context.hooks.clearLeftover], afterCreate: [context.hooks.mustSucceed] },
      },
    );

    this.name = name;
    this.resource = this;
    this.registerOutputs({ fingerprint: this.fingerprint });
  }
}

/**
 * Which failed container this run repeats. The state takes a failed job for created, so that nothing would run it
 * again; naming the failed container in a label makes the next deployment replace it. Once a run has succeeded, its
 * own label is repeated, so that nothing changes any more.
 */
export function retryOf(view: EngineView, name: string): string {
  const last = view.containers.get(name);
  if (last === undefined || last.running) return "";
  return last.exitCode === 0 ? (last.labels[RETRY_LABEL] ?? "") : last.id.slice(0, 12);
}
