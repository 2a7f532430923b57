import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { containerArgs, SILENT } from "./container.ts";
import { type DockerContext, physicalName } from "./context.ts";
import { INPUTS_LABEL, labelList } from "./labels.ts";
import { claimed } from "./placement.ts";
import { healthcheckOf } from "./probe.ts";
import * as docker from "./provider.ts";

/** Where a debugger is let in: nobody on another machine may. */
const LOOPBACK = "127.0.0.1";

/** Replicas as containers `name-0` … that share the network alias `name`. */
export class DockerService extends pulumi.ComponentResource implements w.Service {
  readonly kind = "service";
  readonly name: string;
  readonly address: string;
  readonly replicasAddress: string;
  readonly port: number;
  readonly url: pulumi.Output<string> | undefined;
  readonly debugAddress: string | undefined;
  readonly resource: pulumi.Resource;

  constructor(context: DockerContext, name: string, given: w.ServiceSpec, opts: w.ChildOptions) {
    super("mlstack:docker:Service", name, {}, opts);
    const owner = { kind: "service", name, resource: this };
    const spec = w.parse(owner, w.serviceSpec, given);
    const { container, port, replicas, readiness, startBudget, publish, debug, inputs, placement, after, ...rest } = spec;
    w.nothingLeft(rest);
    const wrong = [...(replicas > 1 ? several(spec) : []), ...w.debugInProduction(debug, context.production)];
    if (wrong.length > 0) w.refuse(owner, wrong);

    const hostnames = w.memberNames(name, replicas);
    const debugPort = debug?.hostPort ?? debug?.port;
    if (publish !== undefined) context.admission.require(context.ports.claim(`service "${name}": publish`, publish.address, publish.port));
    if (debugPort !== undefined) context.admission.require(context.ports.claim(`service "${name}": debug.hostPort`, LOOPBACK, debugPort));
    const ports = [
      ...(publish === undefined ? [] : [{ internal: port, external: publish.port, ip: publish.address }]),
      ...(debug === undefined || debugPort === undefined ? [] : [{ internal: debug.port, external: debugPort, ip: LOOPBACK }]),
    ];
    // A service without inputs has no such label, so that one made before there were any is left alone.
    const declared = Object.keys(inputs).length === 0 ? {} : { [INPUTS_LABEL]: w.hashOf(inputs) };
    let previous: pulumi.Resource[] = [];
    for (const [index, hostname] of hostnames.entries()) {
      const common = containerArgs(context, { workload: name, hostname, index, leader: hostnames[0] ?? hostname }, container);
      const replica = new docker.Container(
        hostname,
        {
          ...common,
          labels: [...common.labels, ...labelList(declared)],
          ...claimed(context, hostname, placement),
          ...(ports.length === 0 ? {} : { ports }),
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
    this.debugAddress = debugPort === undefined ? undefined : `${LOOPBACK}:${debugPort}`;
    this.resource = this;
    this.registerOutputs({ address: this.address, url: this.url });
  }
}

/** What several replicas cannot have: one port of the host leads to one container. */
function several({ replicas, publish, debug }: w.CompleteService): w.Mistake[] {
  const why = `Docker with ${replicas} replicas, since one port of the host leads to one container`;
  return [
    ...(publish === undefined ? [] : [w.unsupported("publish", why, "put a gateway in front and publish that, or set replicas to 1")]),
    ...(debug === undefined ? [] : [w.unsupported("debug", why, "set replicas to 1 while you debug")]),
  ];
}

function reachable(address: string): string {
  return address === "0.0.0.0" ? "127.0.0.1" : address;
}
