import * as pulumi from "@pulumi/pulumi";

import { type CompletePlacement, nothingLeft } from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";

/**
 * The devices of one container. Labels and taints choose among nodes; a single Docker host is taken to satisfy any
 * selector and any toleration.
 */
export function claimed(context: DockerContext, owner: string, placement: CompletePlacement): { gpus?: string } {
  const { accelerator, nodeSelector: _oneNode, tolerations: _noTaints, ...rest } = placement;
  nothingLeft(rest);
  const ids = context.devices.claim(owner, accelerator);
  if (Array.isArray(ids)) return ids.length === 0 ? {} : { gpus: `device=${ids.join(",")}` };
  context.admission.require(ids);
  return {};
}

/** The devices of work on demand: those that no other workload has, since a run takes them only while it lasts. */
export function lent(context: DockerContext, owner: string, placement: CompletePlacement): { gpus?: pulumi.Output<string> } {
  const { accelerator, nodeSelector: _oneNode, tolerations: _noTaints, ...rest } = placement;
  nothingLeft(rest);
  if (accelerator === undefined) return {};
  // Others may be declared after it: what they have is known once all are.
  const ids = new Promise<void>((resolve) => setImmediate(resolve)).then(() => context.devices.lend(owner, accelerator));
  context.admission.require(ids.then((known) => (Array.isArray(known) ? undefined : known)));
  return { gpus: pulumi.output(ids.then((known) => (Array.isArray(known) ? `device=${known.join(",")}` : ""))) };
}
