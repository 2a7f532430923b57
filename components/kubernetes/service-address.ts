import * as pulumi from "@pulumi/pulumi";

import * as w from "../workload/adapter/index.ts";
import type { KubernetesContext } from "./context.ts";
import { DeclaredObject } from "./declared.ts";
import { selectorOf } from "./labels.ts";
import { isNodePort, outOfRange } from "./node-ports.ts";
import { metadataOf, NO_WAIT, optionsOf } from "./objects.ts";
import * as k8s from "./provider.ts";
import type { Owner } from "./truth.ts";
import { loadBalancerOf } from "./waits.ts";

/** Where a published service is reached. */
export type Publication = NonNullable<w.CompleteService["publish"]>;

/** The names that lead to a service's replicas. */
export interface Addresses {
  /** Name of the headless Service, which has the address of every replica. */
  readonly everyReplica: string;
  /** `http://host:port` outside the cluster; undefined where it is not published. */
  readonly url: pulumi.Output<string> | undefined;
}

/** The service's own address, one that has every replica's, and one for the outside where it is published. */
export function addressesOf(
  context: KubernetesContext,
  name: string,
  port: number,
  publish: Publication | undefined,
  parent: Owner,
): Addresses {
  const selector = selectorOf(context.stack, name);
  const ports = [{ name: "main", port }];
  // The provider would sleep ten seconds after a service's last endpoint came.
  const address = (own: string, spec: k8s.inputs.core.v1.ServiceSpec, annotations: Record<string, string> = NO_WAIT) => {
    const object = new DeclaredObject(context, parent, "Service", context.names.take("address", own));
    const inputs = object.inputs(metadataOf(context, own, name, annotations), { spec: { ...spec, selector } });
    const service = new k8s.Service(own, inputs, { ...optionsOf(context, parent), ...object.options() });
    return { service, existing: object.existing };
  };

  const everyReplica = w.childName(name, "replicas");
  address(name, { type: "ClusterIP", ports });
  address(everyReplica, { clusterIP: "None", ports });
  const { expose } = context.settings;
  if (publish === undefined || expose.kind === "none") return { everyReplica, url: undefined };

  const outside = w.childName(name, "outside");
  const main = { name: "main", port: publish.port, targetPort: port };
  if (expose.kind === "load-balancer") {
    const { service, existing } = address(outside, { type: "LoadBalancer", ports: [main] }, { ...expose.annotations, ...NO_WAIT });
    const now = existing && loadBalancerOf(existing);
    const host = known(now === undefined ? addressWaitedFor(context, name, outside, service) : pulumi.output(now));
    return { everyReplica, url: pulumi.interpolate`http://${host}:${publish.port}` };
  }
  const chosen = publish.anyPort && !isNodePort(publish.port, expose.ports);
  if (!chosen) {
    const wrong = outOfRange(name, publish.port, expose.ports);
    context.admission.require(wrong ?? context.checks.nodePort(name, outside, publish.port));
  }
  const { spec } = address(outside, { type: "NodePort", ports: [{ ...main, ...(chosen ? {} : { nodePort: publish.port }) }] }).service;
  const host = expose.address ?? context.view.nodeAddress ?? "<node>";
  return { everyReplica, url: pulumi.interpolate`http://${host}:${known(spec.ports.apply(([first]) => first?.nodePort))}` };
}

/** Where a new load balancer answers: the provider is not asked to wait, since it knows nothing of the cause where none comes. */
function addressWaitedFor(
  { admission, waits }: KubernetesContext,
  name: string,
  object: string,
  service: k8s.Service,
): pulumi.Output<string | undefined> {
  let found: string | undefined;
  const done = w.waitFor(admission, service, async () => {
    found = await waits.address(name, object);
  });
  // Where it does not come, the deployment fails by the wait alone.
  const waited = pulumi.output(done.then(() => found).catch(() => undefined));
  return pulumi
    .all([waited, service.status.loadBalancer.ingress])
    .apply(([own, ingress]) => own ?? ingress?.[0]?.hostname ?? ingress?.[0]?.ip);
}

/** What the cluster has yet to choose is unknown in a preview, and never the word "undefined". */
function known(value: pulumi.Output<string | number | undefined>): pulumi.Output<unknown> {
  return value.apply((chosen) => chosen ?? pulumi.unknown);
}
