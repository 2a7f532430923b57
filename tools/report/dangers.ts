import type { Changes, Opening, Part } from "../../components/workload/change.ts";
import { isPinned } from "../../components/workload/reference.ts";
import type { Finding, Kind } from "./schema.ts";
import { effectOf, subjectOf, type Thing, type Unknown } from "./things.ts";

/** A finding without what causes it, and the things it is about. */
export interface Danger extends Pick<Finding, "kind" | "subject" | "sentence" | "before" | "after"> {
  readonly things: readonly Thing[];
}

const REACHES: readonly Opening["reach"][] = ["machine", "network", "world"];

/** What is in danger of all that a preview changes. */
export function dangersIn(things: readonly Thing[], unknown: readonly Unknown[], rules: Changes): Danger[] {
  const sections = new Set(things.filter(({ after }) => after.length > 0).map(({ section }) => section));
  return [
    ...things.flatMap((thing) => dangersOf(thing, sections)),
    ...secretsIn(things, rules),
    ...unknown.map(({ type, name }): Danger => {
      const sentence = `${type} "${name}" changes, and nothing is known of what that does`;
      return { kind: "unknown", subject: `${type} ${name}`, sentence, before: null, after: null, things: [] };
    }),
  ];
}

function dangersOf(thing: Thing, sections: ReadonlySet<string>): Danger[] {
  switch (thing.noun) {
    case "service":
      return [...downtime(thing, sections), ...openings(thing), ...rights(thing), ...images(thing), ...capacity(thing)];
    case "gang":
      return [...training(thing), ...rights(thing), ...images(thing), ...capacity(thing)];
    case "job":
      return work(thing);
    case "volume":
      return data(thing);
    case "rule":
      return rules(thing);
    default:
      return [];
  }
}

function danger(kind: Kind, thing: Thing, sentence: string, before: string | null = null, after: string | null = null): Danger {
  return { kind, subject: subjectOf(thing), sentence, before, after, things: [thing] };
}

function downtime(thing: Thing, sections: ReadonlySet<string>): Danger[] {
  const { name, section, before, after } = thing;
  if (before.length === 0) return [];
  const [was, is] = [openingsOf(before), openingsOf(after)];
  if (countOf(after) === 0) {
    // One that was there for others of its part only, which do without it now, is missed by nobody.
    if (was.length === 0 && sections.has(section) && !isStep(thing)) return [];
    return [danger("downtime", thing, `${name} is removed, and answers no more`)];
  }
  const lost = was.filter(({ text }) => !is.some((one) => one.text === text));
  const moved =
    lost.length === 0
      ? ""
      : `; ${lost.map(({ text }) => text).join(", ")} leads to it no more${is.length === 0 ? "" : `, ${is.map(({ text }) => text).join(", ")} does`}`;
  if (effectOf(thing) === "replaced") return [danger("downtime", thing, `${name} does not answer while it is made again${moved}`)];
  return lost.length === 0 ? [] : [danger("downtime", thing, `${name} is reached elsewhere${moved}`)];
}

/** Whether it is a step of a pipeline, which is there for itself, whoever calls it. */
function isStep({ consequences }: Thing): boolean {
  return consequences.some(({ change: { before } }) => before?.within.at(-2) === "mlstack:index:Pipeline");
}

function training(thing: Thing): Danger[] {
  const { name, before, after } = thing;
  if (countOf(before) === 0) return [];
  const [was, is] = [countOf(before), countOf(after)];
  if (is === 0) return [danger("training-stops", thing, `the ${was} ranks of ${name} end, and training does not go on`)];
  if (!["again", "replaced"].includes(effectOf(thing))) return [];
  const size = was === is ? "" : `, with ${is} members instead of ${was}`;
  return [danger("training-restarts", thing, `all ranks of ${name} start again from the last checkpoint${size}`)];
}

function work(thing: Thing): Danger[] {
  if (thing.before.length === 0 || thing.after.length === 0 || !["again", "replaced"].includes(effectOf(thing))) return [];
  return [danger("job-runs-again", thing, `${thing.name} runs again`)];
}

function data(thing: Thing): Danger[] {
  const { name, before } = thing;
  if (before.length === 0) return [];
  switch (effectOf(thing)) {
    case "removed":
      return [danger("data-loss", thing, `volume ${name} is deleted, with all data in it`)];
    case "replaced":
      return [danger("data-loss", thing, `volume ${name} begins empty: its data are gone`)];
    case "stays behind":
      return [danger("data-left-behind", thing, `the data of volume ${name} stay where they are, and no part of the stack uses them`)];
    default:
      return [];
  }
}

/** What closes the flows that no part has opened. */
function rules(thing: Thing): Danger[] {
  if (thing.section !== "platform" || effectOf(thing) !== "removed") return [];
  return [danger("protection-gone", thing, `the rule ${thing.name}, which closes all other flows, is removed`)];
}

function openings(thing: Thing): Danger[] {
  const [was, is] = [openingsOf(thing.before), openingsOf(thing.after)];
  const more = REACHES.some((reach) => reaching(is, reach) > reaching(was, reach));
  if (!more) return [];
  const added = is.filter(({ text }) => !was.some((one) => one.text === text));
  return [
    danger(
      "reachable-by-more",
      thing,
      `${thing.name} is reached at ${added.map(({ text }) => text).join(", ")}`,
      textsOf(was),
      textsOf(is),
    ),
  ];
}

function reaching(all: readonly Opening[], reach: Opening["reach"]): number {
  return all.filter((one) => REACHES.indexOf(one.reach) >= REACHES.indexOf(reach)).length;
}

function rights(thing: Thing): Danger[] {
  const [was, is] = [thing.before, thing.after].map((parts) => new Set(parts.flatMap((part) => part.rights)));
  const added = [...(is ?? [])].filter((one) => was?.has(one) !== true);
  // A part that is new has whatever rights it needs from the start.
  return added.map((one) => danger("privilege-up", thing, `${thing.name} ${one}`));
}

function images(thing: Thing): Danger[] {
  const [was, is] = [thing.before, thing.after].map((parts) => new Set(parts.flatMap(({ image }) => image ?? [])));
  const loose = [...(is ?? [])].filter((image) => was?.has(image) !== true && !isPinned(image));
  return loose.map((image) =>
    danger(
      "unpinned-image",
      thing,
      `${thing.name} runs ${image}, which may be another image tomorrow`,
      [...(was ?? [])].join(", ") || null,
      image,
    ),
  );
}

function capacity(thing: Thing): Danger[] {
  const { before, after, name } = thing;
  if (before.length === 0 || countOf(after) === 0) return [];
  const less = [
    { what: "replicas", before: countOf(before), after: countOf(after), text: String },
    { what: "of a processor", before: largest(before, "cpu"), after: largest(after, "cpu"), text: (value: number) => `${value / 1000}` },
    {
      what: "of memory",
      before: largest(before, "memory"),
      after: largest(after, "memory"),
      text: (value: number) => `${Math.round(value / 1024 ** 2)} Mi`,
    },
    { what: "GPUs", before: largest(before, "gpus"), after: largest(after, "gpus"), text: String },
  ].filter((one) => one.after < one.before);
  if (less.length === 0) return [];
  const told = less.map((one) => `${one.text(one.after)} ${one.what} instead of ${one.text(one.before)}`);
  return [
    danger(
      "capacity-down",
      thing,
      `${name} has ${told.join(", ")}`,
      less.map((one) => one.text(one.before)).join(", "),
      less.map((one) => one.text(one.after)).join(", "),
    ),
  ];
}

/** Secrets whose value is another one than before, by section: no value is ever named. */
function secretsIn(things: readonly Thing[], rules: Changes): Danger[] {
  const found = new Map<string, { names: Set<string>; things: Set<Thing> }>();
  for (const thing of things) {
    for (const { change } of thing.consequences) {
      const { before, after, changed } = change;
      if (before === undefined || after === undefined) continue;
      const names = changed.flatMap((path) => {
        const name = rules.secretAt(after, path);
        return name !== undefined && rules.hasSecret(before, name) ? [name] : [];
      });
      if (names.length === 0) continue;
      const known = found.get(thing.section) ?? { names: new Set(), things: new Set() };
      found.set(thing.section, known);
      known.things.add(thing);
      for (const name of names) known.names.add(name);
    }
  }
  return [...found].map(([section, { names, things: own }]): Danger => {
    const who = [...new Set([...own].map(({ name }) => name))].join(", ");
    const sentence = `another value of ${[...names].join(", ")} for ${who}; those who use the old one are refused`;
    return { kind: "secret-changed", subject: section, sentence, before: null, after: null, things: [...own] };
  });
}

function openingsOf(parts: readonly Part[]): Opening[] {
  return parts.flatMap(({ openings: all }) => all);
}

function textsOf(all: readonly Opening[]): string | null {
  return all.length === 0 ? null : all.map(({ text }) => text).join(", ");
}

function countOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}

function largest(parts: readonly Part[], what: "cpu" | "memory" | "gpus"): number {
  return Math.max(0, ...parts.map((part) => part[what]));
}
