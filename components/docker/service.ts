import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import { addressMissing } from "./addresses.ts";
import { newContainer } from "./changes.ts";
import { rewrittenFor } from "./config-files.ts";
import { containerArgs } from "./container.ts";
import { type DockerContext, physicalName } from "./context.ts";
import { INPUTS_LABEL, labelList } from "./labels.ts";
import { livesOf } from "./loop-watch.ts";
import { claimed } from "./placement.ts";
import { healthcheckOf } from "./probe.ts";
import type * as docker from "./provider.ts";
import { portRemark } from "./rootless.ts";
import { Turns } from "./turns.ts";

/** Where a debugger and those who run the stack connect: no other machine can. */
const LOOPBACK = "127.0.0.1";

/** Replicas as containers `name-0` … that share the network alias `name`. */
export class DockerService extends w.Noun<"service"> implements w.Service {
  readonly address: string;
  readonly replicasAddress: string;
  readonly port: number;
  readonly url: pulumi.Output<string> | undefined;
  readonly debugAddress: string | undefined;
  /** Itself, once every replica is ready. */
  readonly done: Promise<pulumi.Resource>;

  constructor(context: DockerContext, name: string, given: w.ServiceSpec, opts: w.ChildOptions) {
    const owner = { kind: "service", name };
    const spec = w.parse(owner, w.serviceSpec, given);
    const { container, port, replicas, readiness, alive, restartAfter, startBudget, publish, debug, inputs, placement, after, ...others } =
      spec;
    const { localPort, ...rest } = others;
    w.nothingLeft(rest);
    const wrong = [...(replicas > 1 ? several(spec) : []), ...w.debugInProduction(debug, context.production)];
    if (wrong.length > 0) w.refuse(owner, wrong);
    super(context, "service", name, opts);
    const memorySetting = w.memorySettingOf(container.resources);

    const hostnames = w.memberNames(name, replicas);
    const ports = portsOf(context, { name, ...spec });
    const inputLabels = Object.keys(inputs).length === 0 ? [] : labelList({ [INPUTS_LABEL]: w.hashOf(inputs) });
    const rewritten = rewrittenFor(container).map(({ carrier }) => carrier);
    // Replicas that exist are changed in turns, so that half of them serve meanwhile; new ones start together.
    const turns = new Turns(hostnames.filter((hostname) => context.view.containers.has(physicalName(context, hostname))));
    const ready = new Map<string, Promise<pulumi.Resource>>();
    for (const [index, hostname] of hostnames.entries()) {
      const common = containerArgs(context, { workload: name, hostname, index, leader: hostnames[0] ?? hostname }, container);
      const args = {
        ...common,
        ...claimed(context, hostname, placement),
        labels: [...common.labels, ...inputLabels],
        ports: ports.length === 0 ? undefined : ports,
        healthcheck: healthcheckOf(readiness, restartAfter && { alive, restartAfter }),
        restart: "unless-stopped",
      };
      const physical = physicalName(context, hostname);
      const replica = newContainer(context, this, hostname, args, {
        duty: "serves",
        dependsOn: [...startedAfter(after), ...rewritten, ...turns.before(hostname).flatMap((one) => ready.get(one) ?? [])],
        again: rewritten.length > 0,
      });
      announce(context, hostname);
      const watched = { service: name, name: hostname, container: physical, budget: startBudget, memorySetting };
      const look = () => context.waits.replica(watched);
      ready.set(hostname, w.waitFor(context.admission, replica, look));
      if (!pulumi.runtime.isDryRun()) context.admission.lookAgain(look);
    }
    this.done = Promise.all(ready.values()).then(() => this);

    this.address = name;
    this.replicasAddress = name;
    this.port = port;
    const reached = publish === undefined ? localPort && `${LOOPBACK}:${localPort}` : `${reachable(publish.address)}:${publish.port}`;
    this.url = reached === undefined ? undefined : pulumi.output(`http://${reached}`);
    this.debugAddress = debug && `${LOOPBACK}:${debug.hostPort ?? debug.port}`;
    this.registerOutputs({ address: this.address, url: this.url });
  }
}

/** Says in a preview, which waits for nothing, that a deployment will wait for what is down now, or may be soon. */
function announce(context: DockerContext, replica: string): void {
  if (!pulumi.runtime.isDryRun()) return;
  const now = context.view.containers.get(physicalName(context, replica));
  if (now?.trouble !== undefined)
    void pulumi.log.warn(`${replica} is down now: it ${now.trouble}; a deployment waits for it, and fails with the cause while that is so`);
  const detail = now && context.view.details.get(now.id);
  if (detail?.status !== "running") return;
  const lives = livesOf(detail.created, detail.started, detail.restarts);
  if (Date.now() - Date.parse(detail.started) < w.proofOf(lives))
    void pulumi.log.warn(`${replica} ${w.livesText(lives)}: ${w.proofRule(lives)}`);
}

/** What has to be there before a workload starts: services that are ready, jobs that have succeeded, gangs that have started. */
export function startedAfter(after: readonly w.Workload[]): pulumi.Input<pulumi.Resource>[] {
  return after.map((workload) => (workload instanceof DockerService ? workload.done : workload.resource));
}

/** The ports of the host that lead to the service, each claimed for it. */
function portsOf(
  { admission, ports, view }: DockerContext,
  { name, port, publish, localPort, debug }: w.CompleteService & { name: string },
) {
  const opened: docker.inputs.ContainerPort[] = [];
  const open = (setting: string, ip: string, external: number, internal: number) => {
    admission.require(ports.claim(`service "${name}": ${setting}`, ip, external));
    const remark = view.rootless === true ? portRemark(`service "${name}": ${setting}`, external) : undefined;
    if (remark !== undefined) void pulumi.log.warn(remark);
    opened.push({ internal, external, ip });
  };
  if (publish !== undefined) admission.require(addressMissing(`service "${name}": publish.address`, publish.address));
  if (publish !== undefined) open("publish", publish.address, publish.port, port);
  if (localPort !== undefined) open("localPort", LOOPBACK, localPort, port);
  if (debug !== undefined) open("debug.hostPort", LOOPBACK, debug.hostPort ?? debug.port, debug.port);
  return opened;
}

/** What several replicas cannot have: one port of the host leads to one container. */
function several({ replicas, publish, localPort, debug }: w.CompleteService): w.Mistake[] {
  const why = `Docker with ${replicas} replicas, since one port of the host leads to one container`;
  return [
    ...(publish === undefined ? [] : [w.unsupported("publish", why, "put a gateway in front and publish that, or set replicas to 1")]),
    ...(localPort === undefined ? [] : [w.unsupported("localPort", why, "leave it out, or set replicas to 1")]),
    ...(debug === undefined ? [] : [w.unsupported("debug", why, "set replicas to 1 while you debug")]),
  ];
}

function reachable(address: string): string {
  return address === "0.0.0.0" ? "127.0.0.1" : address;
}
