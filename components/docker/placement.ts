import * as pulumi from "@pulumi/pulumi";

import { type CompletePlacement, nothingLeft } from "../workload/adapter/index.ts";
import type { DockerContext } from "./context.ts";

/** The devices of one container, reserved for it. */
export function claimed(context: DockerContext, owner: string, placement: CompletePlacement): { gpus?: string } {
  const ids = context.devices.claim(owner, acceleratorOf(placement));
  if (Array.isArray(ids)) return ids.length === 0 ? {} : { gpus: gpusOf(ids) };
  context.admission.require(ids);
  return {};
}

/** The devices of work on demand: those that no other workload has, because a run takes them only while it lasts. */
export function lent(context: DockerContext, owner: string, placement: CompletePlacement): { gpus?: pulumi.Output<string> } {
  const accelerator = acceleratorOf(placement);
  if (accelerator === undefined) return {};
  // Other workloads may be declared after it: which devices they claim is known when all are.
  const ids = context.admission.declared.then(() => context.devices.lend(owner, accelerator));
  context.admission.require(ids.then((known) => (Array.isArray(known) ? undefined : known)));
  return { gpus: pulumi.output(ids.then((known) => (Array.isArray(known) ? gpusOf(known) : ""))) };
}

/** Labels and taints choose among nodes; a single Docker host is taken to satisfy any selector and any toleration. */
function acceleratorOf({ accelerator, nodeSelector: _oneNode, tolerations: _noTaints, ...rest }: CompletePlacement) {
  nothingLeft(rest);
  return accelerator;
}

function gpusOf(ids: readonly string[]): string {
  return `device=${ids.join(",")}`;
}
