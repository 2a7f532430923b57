import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { newContainer } from "./changes.ts";
import { containerArgs } from "./container.ts";
import type { DockerContext } from "./context.ts";
import { lent } from "./placement.ts";

/**
 * Work on demand as a container that is created and never started. Each run is a copy of it, which the command that starts
 * it takes from the engine: what is the same for every container is rendered once, and secrets stay where they are.
 */
export class DockerTask extends w.Noun<"task"> implements w.Task {
  readonly launch: pulumi.Output<string>;

  constructor(context: DockerContext, name: string, given: w.TaskSpec, opts: w.ChildOptions) {
    const spec = w.parse({ kind: "task", name }, w.taskSpec, given);
    const { container, placement, deadline, interactive, ...rest } = spec;
    w.nothingLeft(rest);
    super(context, "task", name, opts);

    const args = {
      ...containerArgs(context, { workload: name, hostname: name, index: 0, leader: name }, container),
      ...lent(context, name, placement),
      ...(interactive ? { tty: true, stdinOpen: true } : {}),
      start: false,
      mustRun: false,
      restart: "no",
    };
    const declared = newContainer(context, this, name, args, { duty: "waits" });
    // Known when the container exists, so that no task is listed that cannot be started.
    this.launch = pulumi.all([declared.name, context.network.name, declared.id]).apply(([template, network]) =>
      w.launchText({
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
