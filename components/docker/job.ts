import type * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { newContainer } from "./changes.ts";
import { containerArgs } from "./container.ts";
import { type DockerContext, physicalName } from "./context.ts";
import type { EngineView } from "./engine-view.ts";
import { INPUTS_LABEL, labelList, RETRY_LABEL } from "./labels.ts";
import { claimed } from "./placement.ts";
import { startedAfter } from "./service.ts";

/**
 * Work as one container that is not restarted. Its create returns when the work has ended; a hook then fails the
 * deployment if it ended badly. All that decides whether it runs again is an argument that the provider replaces for; all
 * else (limits, scratch sizes) is not, and so waits for the next run.
 */
export class DockerJob extends w.Noun<"job"> implements w.Job {
  readonly fingerprint: pulumi.Output<string>;

  constructor(context: DockerContext, name: string, given: w.JobSpec, opts: w.ChildOptions) {
    const spec = w.parse({ kind: "job", name }, w.jobSpec, given);
    // It starts at once or fails.
    const { container, inputs, deadline, startBudget: _atOnce, placement, after, ...rest } = spec;
    w.nothingLeft(rest);
    super(context, "job", name, opts);

    const common = containerArgs(context, { workload: name, hostname: name, index: 0, leader: name }, container);
    const retry = retryOf(context.view, physicalName(context, name));
    const args = {
      ...common,
      ...claimed(context, name, placement),
      labels: [...common.labels, ...labelList({ [INPUTS_LABEL]: w.hashOf(inputs), [RETRY_LABEL]: retry })],
      attach: true,
      mustRun: false,
      restart: "no",
    };
    newContainer(context, this, name, args, {
      dependsOn: startedAfter(after),
      keepsResult: true,
      customTimeouts: { create: deadline },
      afterCreate: [context.hooks.mustSucceed],
    });

    this.fingerprint = w.fingerprintOf(container, inputs);
    this.registerOutputs({ fingerprint: this.fingerprint });
  }
}

/**
 * Which failed container this run repeats. The state takes a failed job for created, so that nothing would run it
 * again; naming the failed container in a label makes the next deployment replace it. When a run has succeeded, its own
 * label is repeated, so that nothing changes any more.
 */
export function retryOf(view: EngineView, name: string): string {
  const last = view.containers.get(name);
  if (last === undefined || last.running) return "";
  return last.exitCode === 0 ? (last.labels[RETRY_LABEL] ?? "") : last.id.slice(0, 12);
}
