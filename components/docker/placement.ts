import { type CompletePlacement, nothingLeft } from "../workload/index.ts";
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
