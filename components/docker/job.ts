import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { deviationText } from "../workload/drift.ts";
import { newContainer } from "./changes.ts";
import { containerArgs } from "./container.ts";
import { type DockerContext, physicalName } from "./context.ts";
import { lostWork } from "./drift.ts";
import type { ContainerView } from "./engine-view.ts";
import { finishedRun, withSizesOf } from "./finished.ts";
import { INPUTS_LABEL, labelList, RETRY_LABEL } from "./labels.ts";
import { claimed } from "./placement.ts";
import type { ContainerRecord } from "./record.ts";
import { runFactsOf } from "./run-facts.ts";
import { startedAfter } from "./service.ts";
import { DockerVolume } from "./volume.ts";

/**
 * Work as one container that is not restarted. Its create returns when the work has ended; a hook then fails the
 * deployment if it ended badly. All that decides whether it runs again is an argument that the provider replaces for; all
 * else (limits, scratch sizes, user, devices) stays as the finished run had it, and so waits for the next run.
 */
export class DockerJob extends w.Noun<"job"> implements w.Job {
  readonly fingerprint: pulumi.Output<string>;

  constructor(context: DockerContext, name: string, given: w.JobSpec, opts: w.ChildOptions) {
    const spec = w.parse({ kind: "job", name }, w.jobSpec, given);
    // It starts at once or fails.
    const { container, inputs, deadline, startBudget: _atOnce, placement, after, ...rest } = spec;
    w.nothingLeft(rest);
    super(context, "job", name, opts);
    context.memorySettings.set(name, w.memorySettingOf(container.resources));

    const common = containerArgs(context, { workload: name, hostname: name, index: 0, leader: name }, container);
    const before = context.record.containers.find(({ place }) => w.isChildOf(place, name, this));
    const last = context.view.containers.get(physicalName(context, name));
    const retry = retryOf(last, before);
    const args = {
      ...common,
      ...claimed(context, name, placement),
      // By its plain name: a network that is made anew must not let finished work run again.
      networksAdvanced: common.networksAdvanced.map((one) => ({ ...one, name: context.networkName })),
      labels: [...common.labels, ...labelList({ [INPUTS_LABEL]: w.hashOf(inputs), [RETRY_LABEL]: retry })],
      attach: true,
      mustRun: false,
      restart: "no",
    };
    this.fingerprint = w.fingerprintOf(container, inputs, runFactsOf(context.record, name, container, before, retry));
    const lost = container.mounts.flatMap((mount) =>
      "volume" in mount && !mount.readOnly && isGone(mount.volume) ? [mount.volume.name] : [],
    );
    const finished = lost.length === 0 ? finishedRun(context.record, name, last, before) : undefined;
    const deviation = lostWork(lost);
    const work = newContainer(context, this, name, withSizesOf(finished, this.fingerprint, args), {
      duty: "works",
      lost: deviation && deviationText(deviation),
      dependsOn: [context.network, ...startedAfter(after)],
      customTimeouts: { create: deadline },
      afterCreate: [context.hooks.mustSucceed],
    });
    // Its create returns when it has succeeded.
    void w.waitFor(context.admission, work, async () => {});

    // The next deployment takes the run that is noted here for finished.
    this.registerOutputs({ fingerprint: pulumi.all([this.fingerprint, work.id]).apply(([ran]) => ran) });
  }
}

function isGone(volume: w.Volume): boolean {
  return volume instanceof DockerVolume && volume.isGone;
}

/**
 * Which failed container this run repeats. The state takes a failed job for created, so that nothing would run it
 * again; naming the failed container in a label makes the next deployment replace it. When a run has succeeded, its own
 * label is repeated, so that nothing changes any more, also when its container is gone.
 *
 * @param last under its name on the engine · @param before as the state has it
 */
export function retryOf(last: ContainerView | undefined, before: ContainerRecord | undefined): string {
  if (last?.running === true) return "";
  const run = last ?? before;
  if (run === undefined) return "";
  return run.exitCode === 0 ? (run.labels[RETRY_LABEL] ?? "") : run.id.slice(0, 12);
}
