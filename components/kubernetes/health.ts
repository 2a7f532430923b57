import type { Finding } from "../workload/adapter/index.ts";
import type { Cluster } from "./cluster.ts";
import type { Wanted } from "./examination.ts";
import { amountOf, type NodeView, reservedBy } from "./fit.ts";

/** Most seconds between the API server's clock and this machine's: certificates and tokens would not be valid yet, or no more. */
const CLOCK = 5;

/** Whether the API server's clock is this machine's, by the time of its answer. @param now milliseconds since 1970 */
export async function clock(cluster: Pick<Cluster, "stream">, now: () => number = Date.now): Promise<Finding> {
  const before = now();
  const answer = await cluster.stream("GET", "/version");
  answer.resume();
  const theirs = Date.parse(answer.headers.date ?? "");
  if (Number.isNaN(theirs)) return { subject: "clock", state: "unknown", text: "the API server does not say its time" };
  // It says whole seconds, and the answer took its time too.
  const apart = Math.max(before - theirs - 1000, theirs - now(), 0);
  if (apart <= CLOCK * 1000) return { subject: "clock", state: "right", text: "the API server's is this machine's" };
  const text = `the API server's is ${Math.round(apart / 1000)} s off this machine's`;
  return { subject: "clock", state: "remark", text, remedy: "synchronise both (NTP)" };
}

/** Nodes that take no pods because they do not report. */
export function silentNodes(nodes: readonly NodeView[]): Finding[] {
  const silent = nodes.filter(({ status }) => status.conditions?.some(({ type, status: is }) => type === "Ready" && is !== "True"));
  if (silent.length === 0) return [];
  const names = silent.map(({ metadata }) => metadata.name).join(", ");
  const remedy = `look at them: kubectl describe node ${silent[0]?.metadata.name}`;
  return [{ subject: "nodes", state: silent.length === nodes.length ? "wrong" : "remark", text: `not ready: ${names}`, remedy }];
}

/** Whether devices that pods ask for are offered by any node: by its device plugin, which needs the driver. */
export function devices(nodes: readonly NodeView[], objects: readonly Wanted[]): Finding[] {
  const wanted = new Set(
    objects.flatMap(({ spec }) => (spec?.template?.spec === undefined ? [] : Object.keys(reservedBy(spec.template.spec)))),
  );
  return [...wanted]
    .filter((name) => name.includes("/"))
    .map((name): Finding => {
      const of = (kind: "allocatable" | "capacity") =>
        nodes.reduce((sum, { status }) => sum + amountOf(status[kind]?.[name] ?? status.allocatable?.[name] ?? "0"), 0);
      const [free, all] = [of("allocatable"), of("capacity")];
      if (free > 0) return { subject: name, state: "right", text: `the nodes offer ${free}` };
      const labelled = nodes.filter(({ metadata }) => metadata.labels?.["nvidia.com/gpu.present"] === "true");
      const remedy = "kubectl get pods --all-namespaces | grep device-plugin, and its logs; without any: install the vendor's operator";
      if (all > 0)
        return { subject: name, state: "wrong", text: `the nodes have ${all}, all of them unhealthy by their device plugin`, remedy };
      const text =
        labelled.length === 0
          ? "no node offers any: none has the device, its driver and a device plugin"
          : `${labelled.map(({ metadata }) => metadata.name).join(", ")} carry the label of a GPU, but no device plugin offers one`;
      return { subject: name, state: "wrong", text, remedy };
    });
}
