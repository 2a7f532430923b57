import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { INPUTS, selectorOf } from "./labels.ts";
import { openCalls, openToOutside } from "./network-policy.ts";
import { EXISTS, named, options, standing } from "./objects.ts";
import { admit, mountsAlone, podOf } from "./pod.ts";
import { probesOf } from "./probe.ts";
import * as k8s from "./provider.ts";
import { addressesOf } from "./service-address.ts";
import { kept } from "./waits.ts";

/** Longest name of a StatefulSet: its pods' revision label adds a hash of ten characters and a hyphen. */
const LONGEST_SET = 52;
/** Seconds in which a leaving replica still answers, until nobody sends to it any more. */
const LEAVE = 3;

/**
 * Replicas as a Deployment; as a StatefulSet where they mount storage of one node, so that there are never two at
 * once. Two names lead to them: the service's own, and one that has the address of every replica.
 */
export class KubernetesService extends pulumi.ComponentResource implements w.Service {
  readonly kind = "service";
  readonly name: string;
  readonly address: string;
  readonly replicasAddress: string;
  readonly port: number;
  readonly url: pulumi.Output<string> | undefined;
  readonly debugAddress: string | undefined;
  readonly resource: pulumi.Resource;

  constructor(context: KubernetesContext, name: string, given: w.ServiceSpec, opts: w.ChildOptions) {
    super("mlstack:kubernetes:Service", name, {}, opts);
    const owner = { kind: "service", name, resource: this };
    const spec = w.parse(owner, w.serviceSpec, given);
    const { container, port, replicas, readiness, startBudget, publish, debug, inputs, placement, after, ...rest } = spec;
    w.nothingLeft(rest);

    const single = mountsAlone(container);
    const wrong = [...(single ? cannotBeAlone(name, replicas) : []), ...w.debugInProduction(debug, context.settings.production)];
    if (wrong.length > 0) w.refuse(owner, wrong);
    const selector = selectorOf(context.stack, name);
    const published = context.settings.expose.kind === "none" ? undefined : publish;
    const { everyReplica, url } = addressesOf(context, name, port, published, this);
    const flows = openCalls(context, name, container, this);
    if (published !== undefined) flows.push(openToOutside(context, name, port, this));

    standing(context, single ? "StatefulSet" : "Deployment", name);
    const metadata = named(context, name, name, EXISTS);
    admit(context, name, container, placement);
    const template = podOf(context, {
      workload: name,
      container,
      placement,
      leader: name,
      probes: probesOf(readiness, port),
      debugPort: debug?.port,
      ...(Object.keys(inputs).length === 0 ? {} : { annotations: { [INPUTS]: w.hashOf(inputs) } }),
      ...(single ? {} : { leaveSeconds: LEAVE }),
      spec: single ? {} : spread(selector),
    });
    const order = options(context, this, flows, after);
    const resource = single
      ? new k8s.StatefulSet(
          name,
          {
            metadata,
            spec: { replicas, selector: { matchLabels: selector }, serviceName: everyReplica, podManagementPolicy: "Parallel", template },
          },
          order,
        )
      : new k8s.Deployment(
          name,
          { metadata, spec: { replicas, selector: { matchLabels: selector }, ...rollout(placement, startBudget), template } },
          order,
        );
    const wait = () => context.waits.service(name, single ? "statefulsets" : "deployments", startBudget);
    context.kept.set(this, kept(resource, wait));
    if (replicas > 1) {
      standing(context, "PodDisruptionBudget", name);
      const { maxUnavailable } = context.settings.disruptionBudget;
      const budget = { maxUnavailable, selector: { matchLabels: selector }, unhealthyPodEvictionPolicy: "AlwaysAllow" };
      new k8s.PodDisruptionBudget(name, { metadata: named(context, name, name), spec: budget }, options(context, this));
    }

    this.name = name;
    this.address = name;
    this.replicasAddress = `${everyReplica}.${context.namespaceName}.svc.${context.settings.clusterDomain}`;
    this.port = port;
    this.url = url;
    this.debugAddress = debug && forward(context, `${single ? "statefulset" : "deployment"}/${name}`, debug);
    this.resource = this;
    this.registerOutputs({ address: this.address, url: this.url });
  }
}

/** The command that brings a debugger to one of the replicas: it goes through the API server, past all policies. */
function forward({ settings, namespaceName }: KubernetesContext, workload: string, debug: NonNullable<w.CompleteService["debug"]>): string {
  const cluster = settings.context === undefined ? [] : ["--context", quotedForShell(settings.context)];
  const ports = `${debug.hostPort ?? debug.port}:${debug.port}`;
  return ["kubectl", ...cluster, "--namespace", namespaceName, "port-forward", workload, ports].join(" ");
}

function quotedForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a service that mounts a volume of one node cannot be. */
function cannotBeAlone(name: string, replicas: number): w.Mistake[] {
  const remedy = 'give the volume access "many-nodes", or set replicas to 1';
  const several = w.unsupported("replicas", `Kubernetes with ${replicas} replicas that mount a volume of one node`, remedy);
  const long = {
    path: "name",
    message: `of a service that mounts a volume of one node must be at most ${LONGEST_SET} characters, got ${name.length}`,
  };
  return [...(replicas > 1 ? [several] : []), ...(name.length > LONGEST_SET ? [long] : [])];
}

/** New replicas first, a quarter at a time. Devices cannot be had twice: with them, old replicas go first, one at a time. */
function rollout({ accelerator }: w.CompletePlacement, startBudget: w.Duration) {
  const rollingUpdate = accelerator === undefined ? { maxSurge: "25%", maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: 1 };
  return { strategy: { type: "RollingUpdate", rollingUpdate }, progressDeadlineSeconds: w.toSeconds(startBudget), revisionHistoryLimit: 3 };
}

/** Replicas on different nodes and zones where there are any; a single one too, so that further ones leave it as it is. */
function spread(selector: Readonly<Record<string, string>>): Partial<k8s.inputs.core.v1.PodSpec> {
  const constraint = (topologyKey: string) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { ...selector } },
  });
  return { topologySpreadConstraints: [constraint("kubernetes.io/hostname"), constraint("topology.kubernetes.io/zone")] };
}
