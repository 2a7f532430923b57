import type { Changes, Declared, Effect, Inputs, Opening, Part, PartNoun, ResourceChange, Step } from "../workload/change.ts";
import { SECRET_VALUE } from "../workload/change.ts";
import { listIn, valueAt } from "../workload/values.ts";
import { type Duty, dutyIn } from "./drift.ts";
import { effectOfArguments } from "./effects.ts";
import { SIZES } from "./finished.ts";
import { OWNER_LABEL, RENEWAL_LABEL, RETRY_LABEL } from "./labels.ts";
import { TYPES } from "./record.ts";

const IMAGES = ["docker:index/remoteImage:RemoteImage", "docker:index/registryImage:RegistryImage"];
/** Of the engine itself, or of the program alone. */
const OWN = /^(mlstack|pulumi):/;
const MEBIBYTE = 1024 ** 2;

const NOUNS: Readonly<Record<string, PartNoun>> = {
  "mlstack:docker:Service": "service",
  "mlstack:docker:Gang": "gang",
  "mlstack:docker:Job": "job",
  "mlstack:docker:Task": "task",
};

/** What a change of a stack on a Docker engine does. */
export const dockerChanges: Changes = {
  partOf(resource) {
    const { type, name, within, under } = resource;
    const nothing = { name: under.at(-1) ?? name, count: 0, image: undefined, cpu: 0, memory: 0, gpus: 0, rights: [], openings: [] };
    if (OWN.test(type)) return undefined;
    if (type === TYPES.network) return { ...nothing, noun: "network", name };
    if (IMAGES.includes(type)) return { ...nothing, noun: "image" };
    const owner = within.at(-1) ?? "";
    if (type === TYPES.volume) return owner === "mlstack:docker:Volume" ? { ...nothing, noun: "volume" } : undefined;
    if (type !== TYPES.container) return "unknown";
    const noun = NOUNS[owner];
    return noun === undefined ? undefined : { ...nothing, ...sizesOf(resource.inputs), noun };
  },

  effectOf(change, all) {
    const { step, before, after } = change;
    if (step === "same") return "nothing";
    if (before === undefined) return "made";
    if (after === undefined) return before.retained ? "stays behind" : "removed";
    if (before.type !== TYPES.container) return step === "replace" && !IMAGES.includes(before.type) ? "replaced" : "nothing";
    const duty = dutyOf(before);
    const effect = step === "replace" ? "replaced" : effectOfArguments(duty, argumentsIn(change.changed));
    // A size of work that is done is a number for its next run.
    if (effect !== "replaced") return duty === "works" ? "nothing" : effect;
    return effectOfNew(duty, change, all);
  },

  settled(all) {
    const first = all.map((change) => ({ ...change, step: stepOf(change) }));
    const lost = first.flatMap(({ before, step }) =>
      before?.type === TYPES.network && step === "replace" ? [String(before.inputs["name"])] : [],
    );
    // What is in a network goes with it; work that is done only remembers its name.
    return first.map((change) => {
      const { before, after } = change;
      const isIn =
        before !== undefined && after !== undefined && dutyOf(before) !== "works" && networksOf(before).some((one) => lost.includes(one));
      return isIn ? { ...change, step: "replace" } : change;
    });
  },

  comparable: ({ type, inputs }) => ({
    // The tag says what an image is; where it is built from is a folder of this machine.
    ...(IMAGES.includes(type) ? { name: inputs["name"] } : inputs),
    ...(Array.isArray(inputs["labels"]) ? { labels: inputs["labels"].filter(isOwnMatter) } : {}),
    // The provider takes them for a set: by name, a further one moves no other.
    ...(Array.isArray(inputs["envs"]) ? { envs: Object.fromEntries(inputs["envs"].map(variableOf)) } : {}),
  }),

  secretAt({ type, inputs }, path) {
    const [, index, name] = /^envs(?:\[(\d+)\]|\.(\w+))/.exec(path) ?? [];
    if (type !== TYPES.container || (index === undefined && name === undefined)) return undefined;
    const variables = listIn(inputs["envs"]).map(variableOf);
    const found = index === undefined ? variables.find(([one]) => one === name) : variables[Number(index)];
    return found?.[1] === SECRET_VALUE ? found[0] : undefined;
  },

  hasSecret: ({ inputs: { envs } }, name) => {
    // One that was written openly before was no secret.
    if (Array.isArray(envs)) return envs.map(variableOf).some(([one, value]) => one === name && value === SECRET_VALUE);
    return typeof envs !== "object" || envs === null || name in envs;
  },
};

function variableOf(text: unknown): [string, string] {
  const [name = "", ...value] = String(text).split("=");
  return [name, value.join("=")];
}

/** A container that is made again: of several replicas some at a time, of a gang all together. */
function effectOfNew(duty: Duty, { before, after }: ResourceChange, all: readonly ResourceChange[]): Effect {
  if (before === undefined || after === undefined || duty === "waits") return "nothing";
  if (duty !== "serves") return dutyOwner(before) === "mlstack:docker:ConfigFiles" ? "nothing" : "again";
  // Those in the old network and those in the new one do not reach each other.
  const moves = networksOf(before).join() !== networksOf(after).join();
  const noNetwork = moves || all.some((one) => one.before?.type === TYPES.network && one.step === "replace");
  const others = all.filter((one) => one.before !== undefined && one.before.type === TYPES.container && sameNoun(one.before, before));
  return noNetwork || others.length < 2 ? "replaced" : "one after another";
}

function stepOf({ before, after, changed }: ResourceChange): Step {
  if (before === undefined) return "create";
  if (after === undefined) return "delete";
  if (changed.length === 0 || before.type.startsWith("pulumi:")) return "same";
  if (before.type === TYPES.volume) return "same";
  if (before.type !== TYPES.container) return "replace";
  // Work that is done keeps the sizes that it was done with.
  const sizes: readonly string[] = dutyOwner(before) === "mlstack:docker:Job" ? SIZES : [];
  const counted = argumentsIn(changed).filter((argument) => !sizes.includes(argument));
  if (counted.length === 0) return "same";
  return effectOfArguments(dutyOf(before), counted) === "replaced" ? "replace" : "update";
}

function sizesOf(inputs: Inputs): Pick<Part, "count" | "image" | "cpu" | "memory" | "gpus" | "rights" | "openings"> {
  const { image, cpuQuota, cpuPeriod, memory, gpus } = inputs;
  const cpu = typeof cpuQuota === "number" && typeof cpuPeriod === "number" ? Math.round((cpuQuota * 1000) / cpuPeriod) : 0;
  return {
    count: 1,
    image: typeof image === "string" ? image : undefined,
    cpu,
    memory: typeof memory === "number" ? memory * MEBIBYTE : 0,
    gpus: typeof gpus === "string" ? gpus.split(",").length : 0,
    rights: bindsOf(inputs),
    openings: openingsOf(inputs),
  };
}

function openingsOf({ ports }: Inputs): Opening[] {
  return listIn(ports).map((port) => {
    const ip = String(valueAt(port, ["ip"]) ?? "0.0.0.0");
    const isHere = ip.startsWith("127.");
    return { text: `${ip}:${String(valueAt(port, ["external"]))}`, reach: isHere ? "machine" : "network" };
  });
}

function bindsOf({ mounts }: Inputs): string[] {
  return listIn(mounts).flatMap((mount) => {
    if (valueAt(mount, ["type"]) !== "bind") return [];
    return [`${valueAt(mount, ["readOnly"]) === true ? "reads" : "writes"} ${String(valueAt(mount, ["source"]))} of the host`];
  });
}

function isOwnMatter(label: unknown): boolean {
  return ![OWNER_LABEL, RENEWAL_LABEL, RETRY_LABEL].includes(String(valueAt(label, ["label"])));
}

function networksOf({ inputs }: Declared): string[] {
  return listIn(inputs["networksAdvanced"]).map((one) => String(valueAt(one, ["name"])));
}

function dutyOwner({ within }: Declared): string {
  return within.at(-1) ?? "";
}

function dutyOf(container: Declared): Duty {
  return dutyIn(dutyOwner(container));
}

function sameNoun(one: Declared, other: Declared): boolean {
  return one.under.join("/") === other.under.join("/") && one.within.join("/") === other.within.join("/");
}

function argumentsIn(paths: readonly string[]): string[] {
  return [...new Set(paths.map((path) => /^[^.[]+/.exec(path)?.[0] ?? path))];
}
