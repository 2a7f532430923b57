import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { containerArgs, SILENT } from "./container.ts";
import type { DockerContext } from "./context.ts";
import { lent } from "./placement.ts";
import * as docker from "./provider.ts";

/**
 * Work on demand as a container that is made and never started. Each run is a copy of it, which the command that starts
 * it takes from the engine: what is the same for every container is rendered once, and secrets stay where they are.
 */
export class DockerTask extends pulumi.ComponentResource implements w.Task {
  readonly kind = "task";
  readonly name: string;
  readonly launch: pulumi.Output<string>;
  readonly resource: pulumi.Resource;

  constructor(context: DockerContext, name: string, given: w.TaskSpec, opts: w.ChildOptions) {
    super("mlstack:docker:Task", name, {}, opts);
    const spec = w.parse({ kind: "task", name, resource: this }, w.taskSpec, given);
    const { container, placement, deadline, interactive, ...rest } = spec;
    w.nothingLeft(rest);

    const declared = new docker.Container(
      name,
      {
        ...containerArgs(context, { workload: name, hostname: name, index: 0, leader: name }, container),
        ...lent(context, name, placement),
        ...(interactive ? { tty: true, stdinOpen: true } : {}),
        start: false,
        mustRun: false,
        restart: "no",
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        replaceOnChanges: SILENT,
        hooks: { beforeCreate: [context.hooks.clearLeftover] },
      },
    );

    this.name = name;
    this.resource = this;
    // Known once it is declared, so that nobody is told of a task that cannot be started.
    this.launch = pulumi.all([declared.name, context.network.name, declared.id]).apply(([template, network]) =>
      JSON.stringify({
        platform: "docker",
        name,
        template,
        network,
        interactive,
        deadline: w.toSeconds(deadline),
        stopGrace: w.toSeconds(container.stopGrace),
      }),
    );
    this.registerOutputs({ launch: this.launch });
  }
}
