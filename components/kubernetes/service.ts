import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import { INPUTS, selectorOf } from "./labels.ts";
import { openCalls, openToOutside } from "./network-policy.ts";
import { KubernetesWorkload } from "./noun.ts";
import { EXISTS, metadataOf, mountedBy, optionsOf } from "./objects.ts";
import { podOf } from "./pod.ts";
import { admit } from "./pod-admission.ts";
import { mountsAlone } from "./pod-folders.ts";
import { probationOf } from "./probation.ts";
import { probesOf } from "./probe.ts";
import * as k8s from "./provider.ts";
import { addressesOf } from "./service-address.ts";
import type { Owner } from "./truth.ts";
import { mountsNothingYet } from "./volume.ts";

/** Longest name of a StatefulSet: its pods' revision label adds a hash of ten characters and a hyphen. */
const LONGEST_SET = 52;
/** Seconds in which a leaving replica still answers, until its callers have learnt that it leaves. */
const LEAVE = 3;

/**
 * Replicas as a Deployment; as a StatefulSet where they mount storage of one node, so that there are never two at
 * once. Two names lead to them: the service's own, and one that has the address of every replica.
 */
export class KubernetesService extends KubernetesWorkload<"service"> implements w.Service {
  readonly address: string;
  readonly replicasAddress: string;
  readonly port: number;
  readonly url: pulumi.Output<string> | undefined;
  readonly debugAddress: string | undefined;
  readonly done: Promise<pulumi.Resource>;
  /** Whether its data have to be made again. */
  readonly empty: boolean;

  /** @param reader makes the account with rights that its pods run under; default: that of all pods, which has none */
  constructor(
    context: KubernetesContext,
    name: string,
    given: w.ServiceSpec,
    opts: w.ChildOptions,
    reader?: (parent: Owner) => { readonly account: string; readonly before: pulumi.Resource[] },
  ) {
    const owner = { kind: "service", name };
    const spec = w.parse(owner, w.serviceSpec, given);
    const { container, port, replicas, readiness, alive, restartAfter, startBudget, publish, debug, inputs, placement, after, ...others } =
      spec;
    // A port of a node would be open to others too.
    const { localPort: _forwarded, ...rest } = others;
    w.nothingLeft(rest);
    const single = mountsAlone(container);
    const wrong = [...(single ? cannotBeAlone(name, replicas) : []), ...w.debugInProduction(debug, context.settings.production)];
    if (wrong.length > 0) w.refuse(owner, wrong);
    admit(context, owner, container, placement);
    super(context, "service", name, opts);
    context.memorySettings.set(name, w.memorySettingOf(container.resources));
    this.empty = mountsNothingYet(container);

    const selector = selectorOf(context.stack, name);
    const published = context.settings.expose.kind === "none" ? undefined : publish;
    const { everyReplica, url } = addressesOf(context, name, port, published, this);
    const flows = openCalls(context, name, container, this);
    if (published !== undefined) flows.push(openToOutside(context, name, port, this));
    const rights = reader?.(this);
    const identity = rights === undefined ? {} : { serviceAccountName: rights.account, automountServiceAccountToken: true };

    const object = new DeclaredObject(context, this, single ? "StatefulSet" : "Deployment", name);
    const metadata = metadataOf(context, name, name, EXISTS);
    const template = podOf(context, {
      workload: name,
      container,
      placement,
      leader: name,
      probes: probesOf(readiness, port, restartAfter && { alive, restartAfter }),
      debugPort: debug?.port,
      ...(Object.keys(inputs).length === 0 ? {} : { annotations: { [INPUTS]: w.hashOf(inputs) } }),
      ...(single ? {} : { leaveSeconds: LEAVE }),
      spec: { ...(single ? {} : spread(selector)), ...identity },
    });
    const common = { replicas, selector: { matchLabels: selector }, template };
    const order = {
      ...optionsOf(context, this, [...flows, ...(rights?.before ?? []), ...mountedBy(container)], after),
      ...object.options(),
    };
    const one = { spec: { ...common, serviceName: everyReplica, podManagementPolicy: "Parallel" } };
    const resource = single
      ? new k8s.StatefulSet(name, object.inputs(metadata, one), order)
      : new k8s.Deployment(name, object.inputs(metadata, { spec: { ...common, ...rollout(placement, startBudget) } }), order);
    const ready = () => context.waits.service(name, single ? "statefulsets" : "deployments", startBudget);
    this.done = w.waitFor(context.admission, resource, ready);
    if (!pulumi.runtime.isDryRun()) context.admission.lookAgain(ready);
    else announce(context, this);
    context.truth.keeps(this, resource, this.done);
    if (replicas > 1) this.limitDisruption(context, selector);

    this.address = name;
    this.replicasAddress = `${everyReplica}.${context.namespaceName}.svc.${context.settings.clusterDomain}`;
    this.port = port;
    this.url = url;
    this.debugAddress = debug && forward(context, `${single ? "statefulset" : "deployment"}/${name}`, debug);
    this.registerOutputs({ address: this.address, url: this.url });
  }

  /** Maintenance of nodes may stop only so many replicas at once. */
  private limitDisruption(context: KubernetesContext, selector: Readonly<Record<string, string>>): void {
    const { name } = this;
    const object = new DeclaredObject(context, this, "PodDisruptionBudget", name);
    const { maxUnavailable } = context.settings.disruptionBudget;
    const spec = { maxUnavailable, selector: { matchLabels: { ...selector } }, unhealthyPodEvictionPolicy: "AlwaysAllow" };
    const inputs = object.inputs(metadataOf(context, name, name), { spec });
    new k8s.PodDisruptionBudget(name, inputs, { ...optionsOf(context, this), ...object.options() });
  }
}

/** Says in a preview, which waits for nothing, that a deployment will wait for a pod that may end again. */
function announce({ view, stack }: KubernetesContext, { name, title }: KubernetesService): void {
  const own = Object.entries(selectorOf(stack, name));
  const pods = view.pods.filter(({ metadata: { labels = {} } }) => own.every(([key, value]) => labels[key] === value));
  const probation = probationOf(pods, Date.now());
  if (probation !== undefined) void pulumi.log.warn(`${title}: ${probation.text}`);
}

/** The command that connects a debugger to one of the replicas, through the API server and past all policies. */
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

/** New replicas first, a quarter at a time. With devices, which are not there twice, old replicas leave first, one at a time. */
function rollout({ accelerator }: w.CompletePlacement, startBudget: w.Duration) {
  const rollingUpdate = accelerator === undefined ? { maxSurge: "25%", maxUnavailable: 0 } : { maxSurge: 0, maxUnavailable: 1 };
  return { strategy: { type: "RollingUpdate", rollingUpdate }, progressDeadlineSeconds: w.toSeconds(startBudget), revisionHistoryLimit: 3 };
}

/** Replicas on different nodes and zones where there are several; a single one too, so that further ones leave it as it is. */
function spread(selector: Readonly<Record<string, string>>): Partial<k8s.inputs.core.v1.PodSpec> {
  const constraint = (topologyKey: string) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { ...selector } },
  });
  return { topologySpreadConstraints: [constraint("kubernetes.io/hostname"), constraint("topology.kubernetes.io/zone")] };
}
