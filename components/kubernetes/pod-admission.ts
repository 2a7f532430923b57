import * as w from "../workload/adapter/index.ts";
import { devicesOf } from "./accelerator.ts";
import type { KubernetesContext } from "./context.ts";
import { handleMistakes } from "./handles.ts";
import { hostFolderMistakes } from "./host-folder.ts";

/**
 * Checks what a pod needs, before it is rendered: that of a job is rendered only when its fingerprint is known.
 *
 * @throws Refusal when it needs handles of another platform; what only the cluster lacks is an obstacle.
 */
export function admit(context: KubernetesContext, owner: w.Owner, container: w.CompleteContainer, placement: w.CompletePlacement): void {
  const wrong = handleMistakes(context, container);
  if (wrong.length > 0) w.refuse(owner, wrong);
  const workload = owner.name;
  if (typeof container.image === "string") context.admission.require(context.checks.image(`"${workload}": image`, container.image));
  const devices = devicesOf(`"${workload}": accelerator`, placement.accelerator, context.settings.accelerators);
  if ("message" in devices) context.admission.require(devices);
  for (const mistake of hostFolderMistakes(workload, container.mounts)) context.admission.require(mistake);
  if (container.resources.processes !== w.DEFAULT_PROCESSES) context.admission.require(ownProcesses(workload));
}

function ownProcesses(workload: string): w.Mistake {
  const remedy = "leave it out; each node limits the processes of a pod (podPidsLimit of the kubelet)";
  return w.unsupported(`"${workload}": resources.processes`, "Kubernetes", remedy);
}
