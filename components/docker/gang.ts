import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { newContainer } from "./changes.ts";
import { rewrittenFor } from "./config-files.ts";
import { containerArgs } from "./container.ts";
import { type DockerContext, physicalName } from "./context.ts";
import { secondChance } from "./given-up.ts";
import { INPUTS_LABEL, labelList } from "./labels.ts";
import { claimed } from "./placement.ts";
import { startedAfter } from "./service.ts";

/**
 * Members as containers `name-0` … with those host names. Docker restarts a member that failed by itself; its peers end
 * when they lose it, are restarted too, and all meet at member 0.
 */
export class DockerGang extends w.Noun<"gang"> implements w.Gang {
  readonly members: readonly string[];
  readonly leader: string;

  constructor(context: DockerContext, name: string, given: w.GangSpec, opts: w.ChildOptions) {
    const spec = w.parse({ kind: "gang", name }, w.gangSpec, given);
    // The members share one network, on which every port is open, and start at once or fail.
    const { container, size, maxRestarts, placement, after, inputs, rendezvousPort: _open, startBudget: _atOnce, ...rest } = spec;
    w.nothingLeft(rest);
    super(context, "gang", name, opts);
    const memorySetting = w.memorySettingOf(container.resources);

    this.members = w.memberNames(name, size);
    this.leader = this.members[0] ?? name;
    const inputLabels = Object.keys(inputs).length === 0 ? [] : labelList({ [INPUTS_LABEL]: w.hashOf(inputs) });
    const rewritten = rewrittenFor(container).map(({ carrier }) => carrier);
    const registered: Promise<pulumi.Resource>[] = [];
    for (const [index, hostname] of this.members.entries()) {
      const common = containerArgs(context, { workload: name, hostname, index, leader: this.leader }, container);
      const args = {
        ...common,
        ...claimed(context, hostname, placement),
        labels: [...common.labels, ...inputLabels],
        restart: maxRestarts === 0 ? "no" : "on-failure",
        maxRetryCount: maxRestarts === 0 ? undefined : maxRestarts,
        // Training that has ended is no deviation: a refresh must not start it again.
        mustRun: false,
      };
      const before = context.record.containers.find(({ place }) => w.isChildOf(place, hostname, this));
      const lost = secondChance(context, hostname, before, args);
      const dependsOn = [...startedAfter(after), ...rewritten];
      const member = newContainer(context, this, hostname, args, { duty: "trains", lost, dependsOn, again: rewritten.length > 0 });
      registered.push(w.waitFor(context.admission, member, async () => {}));
    }
    const containers = new Map(this.members.map((member) => [member, physicalName(context, member)]));
    // Left unhandled on purpose, so that the cause reaches the user as it was written.
    const started = Promise.all(registered).then(() =>
      pulumi.runtime.isDryRun() ? undefined : context.waits.gang({ gang: name, memorySetting, containers }),
    );
    context.admission.keep(started);
    this.registerOutputs({ leader: this.leader });
  }
}
