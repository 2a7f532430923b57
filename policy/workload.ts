import { dockerChanges } from "../components/docker/consequences.ts";
import { kubernetesChanges } from "../components/kubernetes/consequences.ts";
import { placeIn } from "../components/workload/adapter/place.ts";
import type { Part } from "../components/workload/change.ts";
import { listIn, valueAt } from "../components/workload/values.ts";

/** A resource as a policy is shown it. */
export interface Shown {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** As far as they are known. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What a rule may ask of something that runs. What is not known yet in a preview is undefined. */
export interface Workload extends Pick<Part, "count" | "image" | "cpu" | "memory" | "gpus" | "rights" | "openings"> {
  /** As messages name it, e.g. `service web`. */
  readonly title: string;
  /** Whether its processes may be root's. */
  readonly isRoot: boolean;
  /** In which way it may do more than it needs. */
  readonly loose: readonly string[];
  /** Variables whose values are written openly, by name; none on Docker, where nothing tells them from others. */
  readonly open: readonly string[];
  /** Labels that its nodes must have; undefined on Docker, which has one node. */
  readonly nodes: Readonly<Record<string, string>> | undefined;
}

/** What runs of a resource; undefined where nothing does. */
export function workloadIn({ type, name, urn, inputs }: Shown): Workload | undefined {
  const { types } = placeIn(urn);
  const isDocker = type.startsWith("docker:");
  const declared = { within: types.slice(0, -1), under: [], type, name, inputs, retained: false };
  const part = isDocker || type.startsWith("kubernetes:") ? (isDocker ? dockerChanges : kubernetesChanges).partOf(declared) : undefined;
  if (part === undefined || part === "unknown") return undefined;
  const isAddress = part.noun === "address";
  if (!isAddress && !["service", "job", "gang", "task"].includes(part.noun)) return undefined;
  const { noun, count, image, cpu, memory, gpus, rights, openings } = part;
  const same = { title: `${isAddress ? "address" : noun} ${name}`, count, image, cpu, memory, gpus, rights, openings };
  if (isAddress) return { ...same, isRoot: false, loose: [], open: [], nodes: undefined };
  return isDocker ? { ...same, ...ofContainer(inputs) } : { ...same, ...ofPod(inputs) };
}

type Own = Pick<Workload, "isRoot" | "loose" | "open" | "nodes">;

function ofContainer(inputs: Shown["inputs"]): Own {
  const { user, privileged, readOnly, securityOpts, capabilities } = inputs;
  const loose = [
    ...(privileged === true ? ["is privileged"] : []),
    ...(readOnly === true ? [] : ["may write to its own files"]),
    ...(listIn(securityOpts).includes("no-new-privileges") ? [] : ["may gain privileges"]),
    ...(listIn(valueAt(capabilities, ["drops"])).includes("ALL") ? [] : ["keeps capabilities of root's"]),
  ];
  return { isRoot: !/^[1-9]\d*/.test(String(user ?? "")), loose, open: [], nodes: undefined };
}

function ofPod(inputs: Shown["inputs"]): Own {
  const template = valueAt(inputs, ["spec", "template"]) ?? valueAt(inputs, ["spec", "jobTemplate", "spec", "template"]);
  const spec = valueAt(template, ["spec"]);
  const [container] = listIn(valueAt(spec, ["containers"]));
  const security = valueAt(container, ["securityContext"]);
  const loose = [
    ...(valueAt(security, ["privileged"]) === true ? ["is privileged"] : []),
    ...(valueAt(security, ["readOnlyRootFilesystem"]) === true ? [] : ["may write to its own files"]),
    ...(valueAt(security, ["allowPrivilegeEscalation"]) === false ? [] : ["may gain privileges"]),
    ...(listIn(valueAt(security, ["capabilities", "drop"])).includes("ALL") ? [] : ["keeps capabilities of root's"]),
    ...(valueAt(spec, ["hostNetwork"]) === true ? ["is in the host's network"] : []),
  ];
  const isNonRoot = [security, valueAt(spec, ["securityContext"])].some((one) => valueAt(one, ["runAsNonRoot"]) === true);
  const open = listIn(valueAt(container, ["env"])).flatMap((one) =>
    valueAt(one, ["value"]) === undefined ? [] : String(valueAt(one, ["name"])),
  );
  const nodes = Object.entries(Object(valueAt(spec, ["nodeSelector"]) ?? {})).map(([label, value]) => [label, String(value)]);
  return { isRoot: !isNonRoot, loose, open, nodes: Object.fromEntries(nodes) };
}
