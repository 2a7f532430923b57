import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/index.ts";
import { containerArgs, SILENT } from "./container.ts";
import { type DockerContext, physicalName } from "./context.ts";
import { claimed } from "./placement.ts";
import { portTaken } from "./ports.ts";
import { healthcheckOf } from "./probe.ts";
import * as docker from "./provider.ts";

/** Replicas as containers `name-0` … that share the network alias `name`. */
export class DockerService extends pulumi.ComponentResource implements w.Service {
  readonly kind = "service";
  readonly name: string;
  readonly address: string;
  readonly replicasAddress: string;
  readonly port: number;
  readonly url: pulumi.Output<string> | undefined;
  readonly resource: pulumi.Resource;

  constructor(context: DockerContext, name: string, given: w.ServiceSpec, opts: w.ChildOptions) {
    super("mlstack:docker:Service", name, {}, opts);
    const owner = { kind: "service", name, resource: this };
    const spec = w.parse(owner, w.serviceSpec, given);
    const { container, port, replicas, readiness, startBudget, publish, placement, after, ...rest } = spec;
    w.nothingLeft(rest);
    if (publish !== undefined && replicas > 1) w.refuse(owner, [severalPublished(replicas)]);

    const hostnames = w.memberNames(name, replicas);
    if (publish !== undefined) {
      context.admission.require(portTaken(`service "${name}": publish`, publish.address, publish.port, context.view, context.stack));
    }
    let previous: pulumi.Resource[] = [];
    for (const [index, hostname] of hostnames.entries()) {
      const replica = new docker.Container(
        hostname,
        {
          ...containerArgs(context, { workload: name, hostname, index, leader: hostnames[0] ?? hostname }, container),
          ...claimed(context, hostname, placement),
          ...(publish === undefined ? {} : { ports: [{ internal: port, external: publish.port, ip: publish.address }] }),
          healthcheck: healthcheckOf(readiness),
          wait: true,
          waitTimeout: w.toSeconds(startBudget),
          restart: "unless-stopped",
        },
        {
          parent: this,
          dependsOn: [...after.map(({ resource }) => resource), ...previous],
          deleteBeforeReplace: true,
          replaceOnChanges: SILENT,
          hooks: { beforeCreate: [context.hooks.clearLeftover] },
        },
      );
      // Replicas that stand are changed one after another, so that the others serve meanwhile; new ones start together.
      previous = context.view.containers.has(physicalName(context, hostname)) ? [replica] : previous;
    }

    this.name = name;
    this.address = name;
    this.replicasAddress = name;
    this.port = port;
    this.url = publish === undefined ? undefined : pulumi.output(`http://${reachable(publish.address)}:${publish.port}`);
    this.resource = this;
    this.registerOutputs({ address: this.address, url: this.url });
  }
}

function severalPublished(replicas: number): w.Mistake {
  const remedy = "put a gateway in front and publish that, or set replicas to 1";
  return w.unsupported("publish", `Docker with ${replicas} replicas, since one port of the host leads to one container`, remedy);
}

function reachable(address: string): string {
  return address === "0.0.0.0" ? "127.0.0.1" : address;
}
