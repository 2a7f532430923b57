import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { containerArgs, SILENT } from "./container.ts";
import type { DockerContext } from "./context.ts";
import { claimed } from "./placement.ts";
import * as docker from "./provider.ts";

/**
 * Members as containers `name-0` … with those host names. Docker starts a member that failed again by itself; its
 * peers end when they lose it, are started again too, and all meet at member 0.
 */
export class DockerGang extends pulumi.ComponentResource implements w.Gang {
  readonly kind = "gang";
  readonly name: string;
  readonly members: readonly string[];
  readonly leader: string;
  readonly resource: pulumi.Resource;

  constructor(context: DockerContext, name: string, given: w.GangSpec, opts: w.ChildOptions) {
    super("mlstack:docker:Gang", name, {}, opts);
    const owner = { kind: "gang", name, resource: this };
    const spec = w.parse(owner, w.gangSpec, given);
    // The members share one network, on which every port is open; only Kubernetes has to be told.
    const { container, size, maxRestarts, placement, after, rendezvousPort: _open, startBudget: _atOnce, ...rest } = spec;
    w.nothingLeft(rest);

    this.members = w.memberNames(name, size);
    this.leader = this.members[0] ?? name;
    for (const [index, hostname] of this.members.entries()) {
      new docker.Container(
        hostname,
        {
          ...containerArgs(context, { workload: name, hostname, index, leader: this.leader }, container),
          ...claimed(context, hostname, placement),
          restart: maxRestarts === 0 ? "no" : "on-failure",
          ...(maxRestarts === 0 ? {} : { maxRetryCount: maxRestarts }),
          // Training that has ended is no deviation: a refresh must not start it again.
          mustRun: false,
        },
        {
          parent: this,
          dependsOn: after.map(({ resource }) => resource),
          deleteBeforeReplace: true,
          replaceOnChanges: SILENT,
          hooks: { beforeCreate: [context.hooks.clearLeftover] },
        },
      );
    }

    this.name = name;
    this.resource = this;
    this.registerOutputs({ leader: this.leader });
  }
}
