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
  for (const mistake of [...ownLimits(workload, container.resources), ...hostNames(workload, container.hosts)])
    context.admission.require(mistake);
}

function ownProcesses(workload: string): w.Mistake {
  const remedy = "leave it out; each node limits the processes of a pod (podPidsLimit of the kubelet)";
  return w.unsupported(`"${workload}": resources.processes`, "Kubernetes", remedy);
}

/** A pod has no such limits of its own: it gets those under which its node's container runtime was started. */
function ownLimits(workload: string, { lockedMemory, stack }: w.CompleteContainer["resources"]): w.Mistake[] {
  const refused = (setting: string, unit: string) => {
    const remedy = `leave it out, and raise it on the nodes (${unit} of the container runtime's service)`;
    return w.unsupported(`"${workload}": resources.${setting}`, "Kubernetes", remedy);
  };
  return [
    ...(lockedMemory === undefined ? [] : [refused("lockedMemory", "LimitMEMLOCK")]),
    ...(stack === undefined ? [] : [refused("stack", "LimitSTACK")]),
  ];
}

/** Which machine runs a pod is known only when it runs. */
function hostNames(workload: string, hosts: w.CompleteContainer["hosts"]): w.Mistake[] {
  const remedy = "give the address of the machine that is meant, and open the way to it (outside)";
  return Object.entries(hosts).flatMap(([name, address]) =>
    address === "host" ? [w.unsupported(`"${workload}": hosts["${name}"]`, 'Kubernetes, where "host" could be any node', remedy)] : [],
  );
}
