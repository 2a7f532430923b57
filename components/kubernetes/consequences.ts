import type { Changes, Declared, Effect, Inputs, Opening, Part, PartNoun, ResourceChange, Step } from "../workload/change.ts";
import { SECRET_VALUE } from "../workload/change.ts";
import { isMemory, toBytes, toMillicores } from "../workload/units.ts";
import { listIn, valueAt } from "../workload/values.ts";
import { GANG_IMMUTABLE } from "./gang-scheduling.ts";
import { DECLARED, JOBS, MADE, OBJECTS, OWNER, PLACE, RETRY_OF, RUN, SIZES, WAIT_FOR } from "./labels.ts";
import { sameForAll } from "./stored.ts";

/** What only deployments compare with each other. */
const NOTES = [DECLARED, MADE, OWNER, PLACE, WAIT_FOR, RETRY_OF, OBJECTS, JOBS, "pulumi.com/patchForce", "pulumi.com/autonamed"];
/** Where an object is; another place is another object. */
const PLACES = ["metadata.name", "metadata.namespace"];
/** The fields for which the provider replaces an object of this kind, besides its place. */
const REPLACED: Readonly<Record<string, readonly string[]>> = {
  Deployment: ["spec.selector"],
  StatefulSet: ["spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.volumeClaimTemplates"],
  Job: ["spec.selector", "spec.template", "spec.completions", "spec.parallelism", ...GANG_IMMUTABLE],
  Secret: ["stringData", "data", "type"],
  ConfigMap: ["data", "binaryData"],
  Service: ["spec.clusterIP"],
};

const OWN = /^(mlstack|pulumi):/;
const IMAGE = /^docker:/;

/** What a change of a stack in a namespace does. */
export const kubernetesChanges: Changes = {
  partOf(resource) {
    if (OWN.test(resource.type)) return undefined;
    const name = resource.under.at(-1) ?? resource.name;
    const nothing = { name, count: 0, image: undefined, cpu: 0, memory: 0, gpus: 0, rights: [], openings: [] };
    if (IMAGE.test(resource.type)) return { ...nothing, noun: "image" };
    if (!resource.type.startsWith("kubernetes:")) return "unknown";
    const noun = nounOf(resource);
    if (noun === "unknown" || noun === undefined) return noun;
    if (noun === "address") {
      const openings = openingsOf(resource.inputs);
      return openings.length === 0 ? undefined : { ...nothing, noun, openings };
    }
    return { ...nothing, noun, ...podSizesOf(resource) };
  },

  effectOf({ step, before, after, changed }): Effect {
    if (step === "same") return "nothing";
    if (before === undefined) return "made";
    if (after === undefined) return before.retained ? "stays behind" : "removed";
    const kind = kindOf(before);
    if (kind === "Job") return step === "replace" ? "again" : "in place";
    if (step === "replace")
      return IMAGE.test(before.type) ? "nothing" : kind === "PersistentVolumeClaim" && before.retained ? "stays behind" : "replaced";
    if (kind === "Deployment" || kind === "StatefulSet") return effectOfRollout(kind, after.inputs, changed);
    return isOnlyNoted(changed) ? "nothing" : "in place";
  },

  settled(all) {
    const first = all.map((change) => ({ ...change, step: stepOf(change) }));
    // A Secret of another name: a pod that reads it is another pod, and a job another job.
    const renewed = first.flatMap(({ step, after }) =>
      step === "replace" && after !== undefined && kindOf(after) === "Secret" ? [after] : [],
    );
    const empty = first.flatMap(({ step, after }) =>
      after !== undefined && kindOf(after) === "PersistentVolumeClaim" && (step === "create" || step === "replace") ? [after] : [],
    );
    return first.map((change) => {
      const { step, before, after, changed } = change;
      if (before === undefined || after === undefined) return change;
      // What a job has written is not in a volume that begins empty.
      if (nounOf(after) === "job" && empty.some((claim) => mountsClaim(after, claim))) return { ...change, step: "replace" };
      if (!renewed.some((secret) => readsSecret(after, secret))) return change;
      const next: Step = kindOf(after) === "Job" || step === "replace" ? "replace" : "update";
      return { ...change, step: next, changed: [...changed, "spec.template"] };
    });
  },

  comparable({ type, inputs }) {
    // The tag says what an image is; where it is built from is a folder of this machine.
    if (IMAGE.test(type)) return { name: inputs["name"] };
    const { metadata, stringData, data, ...rest } = Object(sameForAll(inputs));
    return {
      ...rest,
      // The provider keeps a Secret's texts as data.
      ...(type.endsWith(":Secret") ? { stringData: stringData ?? data } : { data }),
      metadata: withoutNotes(metadata),
      ...(rest["spec"] === undefined ? {} : { spec: withoutTemplateNotes(rest["spec"]) }),
    };
  },

  secretAt({ type, inputs }, path) {
    const key = /^(?:stringData|data)(?:\.|\["?)([\w.-]+)/.exec(path)?.[1];
    if (!type.endsWith(":Secret") || key === undefined) return undefined;
    return at(inputs, "stringData", key) === SECRET_VALUE || at(inputs, "data", key) === SECRET_VALUE ? key : undefined;
  },

  hasSecret: ({ inputs }, name) => at(inputs, "stringData", name) !== undefined || at(inputs, "data", name) !== undefined,
};

/** New replicas first: nothing is down. Where old ones leave first, the last one is. */
function effectOfRollout(kind: string, after: Inputs, changed: readonly string[]): Effect {
  if (!changed.some((path) => path.startsWith("spec.template"))) return isOnlyNoted(changed) ? "nothing" : "in place";
  const replicas = Number(at(after, "spec", "replicas") ?? 1);
  if (kind === "StatefulSet") return replicas > 1 ? "one after another" : "replaced";
  const unavailable = Number(at(after, "spec", "strategy", "rollingUpdate", "maxUnavailable") ?? 0);
  return unavailable >= replicas ? "replaced" : "one after another";
}

function stepOf({ before, after, changed }: ResourceChange): Step {
  if (before === undefined) return "create";
  if (after === undefined) return "delete";
  const kind = kindOf(before);
  if (changed.length === 0 || OWN.test(before.type)) return "same";
  if (IMAGE.test(before.type)) return "replace";
  // What decides whether a job runs again is in this hash: the sizes of one that is done wait for its next run.
  const isElsewhere = changed.some((path) => PLACES.includes(path));
  if (nounOf(before) === "job" && !isElsewhere && runOf(before) === runOf(after)) return "same";
  const fields = [...PLACES, ...(REPLACED[kind] ?? [])];
  if (changed.some((path) => fields.some((field) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`))))
    return "replace";
  return "update";
}

const KINDS: Readonly<Record<string, PartNoun>> = {
  Deployment: "service",
  StatefulSet: "service",
  CronJob: "task",
  PersistentVolumeClaim: "volume",
  Secret: "secret",
  ConfigMap: "config files",
  Namespace: "namespace",
  NetworkPolicy: "rule",
  PodDisruptionBudget: "rule",
  Role: "rule",
  RoleBinding: "rule",
  Service: "address",
};

function nounOf(resource: Declared): PartNoun | undefined | "unknown" {
  const kind = kindOf(resource);
  if (kind === "ServiceAccount" || (kind === "ConfigMap" && resource.name === "deployed")) return undefined;
  if (kind === "Job") return resource.within.at(-1) === "mlstack:kubernetes:Gang" ? "gang" : "job";
  return KINDS[kind] ?? "unknown";
}

function podSizesOf(resource: Declared): Pick<Part, "count" | "image" | "cpu" | "memory" | "gpus"> | object {
  const { inputs } = resource;
  const [container] = containersIn(inputs);
  if (container === undefined) return {};
  const limits = Object.entries(Object(at(container, "resources", "limits")));
  const amount = (name: string) => String(limits.find(([key]) => key === name)?.[1] ?? "");
  const memory = amount("memory");
  const devices = limits.filter(([key]) => key.includes("/")).reduce((sum, [, count]) => sum + Number(count), 0);
  const image = at(container, "image");
  return {
    count: kindOf(resource) === "Job" ? Number(at(inputs, "spec", "parallelism") ?? 1) : Number(at(inputs, "spec", "replicas") ?? 1),
    image: typeof image === "string" ? image : undefined,
    cpu: millicoresIn(amount("cpu")),
    memory: isMemory(memory) ? toBytes(memory) : 0,
    gpus: devices,
  };
}

function millicoresIn(text: string): number {
  if (/^\d+m$/.test(text)) return Number(text.slice(0, -1));
  return text === "" ? 0 : toMillicores(Number(text));
}

function openingsOf(inputs: Inputs): Opening[] {
  const type = at(inputs, "spec", "type");
  if (type !== "NodePort" && type !== "LoadBalancer") return [];
  return listIn(at(inputs, "spec", "ports")).map((port) =>
    type === "LoadBalancer"
      ? { text: `port ${String(at(port, "port"))} of a load balancer`, reach: "world" }
      : { text: `port ${String(at(port, "nodePort") ?? at(port, "port"))} of every node`, reach: "network" },
  );
}

/** Whether all that differs is what deployments note for each other. */
function isOnlyNoted(changed: readonly string[]): boolean {
  return changed.every((path) => /^metadata\.(annotations|labels)/.test(path));
}

/** Whether a pod has a variable from a secret. */
function readsSecret({ inputs }: Declared, secret: Declared): boolean {
  const name = at(secret.inputs, "metadata", "name") ?? secret.name;
  return containersIn(inputs).some((container) =>
    listIn(at(container, "env")).some((one) => at(one, "valueFrom", "secretKeyRef", "name") === name),
  );
}

/** Whether a pod mounts a claim's volume. */
function mountsClaim({ inputs }: Declared, claim: Declared): boolean {
  const name = at(claim.inputs, "metadata", "name") ?? claim.name;
  return listIn(at(inputs, "spec", "template", "spec", "volumes")).some((one) => at(one, "persistentVolumeClaim", "claimName") === name);
}

function containersIn(inputs: Inputs): readonly unknown[] {
  const template = at(inputs, "spec", "template") ?? at(inputs, "spec", "jobTemplate", "spec", "template");
  return listIn(at(template, "spec", "containers"));
}

function runOf({ inputs }: Declared): unknown {
  return at(inputs, "metadata", "annotations", RUN);
}

function withoutNotes(metadata: unknown): unknown {
  if (typeof metadata !== "object" || metadata === null) return metadata;
  const annotations = Object.entries(Object(at(metadata, "annotations"))).filter(([key]) => ![...NOTES, SIZES].includes(key));
  return { ...metadata, annotations: Object.fromEntries(annotations) };
}

function withoutTemplateNotes(spec: unknown): unknown {
  const template = at(spec, "template");
  if (typeof spec !== "object" || spec === null || typeof template !== "object" || template === null) return spec;
  return { ...spec, template: { ...template, metadata: withoutNotes(at(template, "metadata")) } };
}

function kindOf({ type }: Declared): string {
  return type.split(":").at(-1) ?? "";
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return valueAt(value, path);
}
