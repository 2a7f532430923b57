import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/index.ts";
import type { KubernetesContext } from "./context.ts";
import { selectorOf } from "./labels.ts";
import { openCalls, openToOutside } from "./network-policy.ts";
import { EXISTS, named, options, standing } from "./objects.ts";
import { podOf } from "./pod.ts";
import { probesOf } from "./probe.ts";
import * as k8s from "./provider.ts";
import { kept } from "./waits.ts";

/** What nobody has to wait for: the provider would sleep ten seconds after a service's last endpoint came. */
const QUICK = { "pulumi.com/skipAwait": "true" };
/** Ports that a node can open. */
const NODE_PORTS = { first: 30_000, last: 32_767 };
/** Seconds in which a leaving replica still answers, until nobody sends to it any more. */
const LEAVE = 3;

/**
 * Replicas as a Deployment; as a StatefulSet where they write to storage of one node, so that there are never two at
 * once. Two names lead to them: the service's own, and one that has the address of every replica.
 */
export class KubernetesService extends pulumi.ComponentResource implements w.Service {
  readonly kind = "service";
  readonly name: string;
  readonly address: string;
  readonly replicasAddress: string;
  readonly port: number;
  readonly url: pulumi.Output<string> | undefined;
  readonly resource: pulumi.Resource;

  constructor(context: KubernetesContext, name: string, given: w.ServiceSpec, opts: w.ChildOptions) {
    super("mlstack:kubernetes:Service", name, {}, opts);
    const spec = w.parse({ kind: "service", name, resource: this }, w.serviceSpec, given);
    const { container, port, replicas, readiness, startBudget, publish, placement, after, ...rest } = spec;
    w.nothingLeft(rest);

    const selector = selectorOf(context.stack, name);
    const everyReplica = w.childName(name, "replicas");
    const ports = [{ name: "main", port }];
    const address = (own: string, spec: object) =>
      new k8s.Service(own, { metadata: named(context, own, name, QUICK), spec: { ...spec, selector, ports } }, options(context, this));
    address(name, { type: "ClusterIP" });
    address(everyReplica, { clusterIP: "None" });
    const flows = openCalls(context, name, container, this);
    const reachable = publish !== undefined && context.settings.expose.kind !== "none" ? publish : undefined;
    if (reachable !== undefined) flows.push(openToOutside(context, name, port, this));

    const single = writesAlone(container);
    standing(context, single ? "StatefulSet" : "Deployment", name);
    const metadata = named(context, name, name, EXISTS);
    const template = podOf(context, {
      workload: name,
      container,
      placement,
      leader: name,
      probes: probesOf(readiness, port),
      ...(single ? {} : { leaveSeconds: LEAVE }),
      spec: spread(selector, replicas),
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
      const { maxUnavailable } = context.settings.disruptionBudget;
      const budget = { maxUnavailable, selector: { matchLabels: selector }, unhealthyPodEvictionPolicy: "AlwaysAllow" };
      new k8s.PodDisruptionBudget(name, { metadata: named(context, name, name), spec: budget }, options(context, this));
    }

    this.name = name;
    this.address = name;
    this.replicasAddress = `${everyReplica}.${context.namespaceName}.svc.${context.settings.clusterDomain}`;
    this.port = port;
    this.url = reachable === undefined ? undefined : this.door(context, name, port, reachable);
    this.resource = this;
    this.registerOutputs({ address: this.address, url: this.url });
  }

  private door(context: KubernetesContext, name: string, port: number, published: Publication): pulumi.Output<string> {
    const door = new k8s.Service(w.childName(name, "outside"), outsideArgs(context, name, port, published), options(context, this));
    return urlOf(context, door, published.port);
  }
}

/** Whether the container writes to a volume that one node mounts: two at once would write over each other. */
function writesAlone({ mounts }: w.CompleteContainer): boolean {
  return mounts.some((mount) => "volume" in mount && !mount.readOnly && mount.volume.access === "one-node");
}

/** New replicas first, a quarter at a time. Devices cannot be had twice: with them, old replicas go first, one at a time. */
function rollout({ accelerator }: w.CompletePlacement, startBudget: w.Duration) {
  const rollingUpdate = accelerator === undefined ? { maxSurge: "25%", maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: 1 };
  return { strategy: { type: "RollingUpdate", rollingUpdate }, progressDeadlineSeconds: w.toSeconds(startBudget), revisionHistoryLimit: 3 };
}

/** Replicas on different nodes and zones where there are any. */
function spread(selector: Readonly<Record<string, string>>, replicas: number): Partial<k8s.inputs.core.v1.PodSpec> {
  if (replicas === 1) return {};
  const constraint = (topologyKey: string) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { ...selector } },
  });
  return { topologySpreadConstraints: [constraint("kubernetes.io/hostname"), constraint("topology.kubernetes.io/zone")] };
}

type Publication = NonNullable<w.CompleteService["publish"]>;

/** A second address of a published service, which the outside reaches as the platform's settings say. */
function outsideArgs(context: KubernetesContext, name: string, port: number, { port: published }: Publication) {
  const { expose } = context.settings;
  const selector = selectorOf(context.stack, name);
  const door = { name: "main", port: published, targetPort: port };
  const outside = w.childName(name, "outside");
  if (expose.kind === "load-balancer") {
    // The provider waits for its address, which is ours to tell.
    return { metadata: named(context, outside, name, expose.annotations), spec: { type: "LoadBalancer", selector, ports: [door] } };
  }
  const fixed = published >= NODE_PORTS.first && published <= NODE_PORTS.last ? { nodePort: published } : {};
  return { metadata: named(context, outside, name, QUICK), spec: { type: "NodePort", selector, ports: [{ ...door, ...fixed }] } };
}

function urlOf({ settings: { expose }, view }: KubernetesContext, door: k8s.Service, port: number): pulumi.Output<string> {
  if (expose.kind === "load-balancer") {
    return door.status.loadBalancer.ingress.apply((ingress) => `http://${ingress?.[0]?.hostname ?? ingress?.[0]?.ip}:${port}`);
  }
  const address = (expose.kind === "node-port" ? expose.address : undefined) ?? view.nodeAddress ?? "<node>";
  return door.spec.ports.apply(([first]) => `http://${address}:${first?.nodePort}`);
}
