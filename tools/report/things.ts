import type { Changes, Declared, Effect, Part, PartNoun, ResourceChange } from "../../components/workload/change.ts";
import { sectionOf } from "../../infra/sections.ts";

/** One resource's change, and what becomes of what it stands for. */
export interface Consequence {
  readonly change: ResourceChange;
  readonly effect: Effect;
}

/** What users know as one thing, such as a service, with all resources that make it up. */
export interface Thing {
  readonly section: string;
  readonly name: string;
  readonly noun: PartNoun;
  readonly before: readonly Part[];
  readonly after: readonly Part[];
  readonly consequences: readonly Consequence[];
}

/** What a preview found that the adapter knows nothing of. */
export interface Unknown {
  readonly type: string;
  readonly name: string;
}

/** A service and the addresses that lead to it are one thing. */
const WITH: Partial<Record<PartNoun, PartNoun>> = { address: "service", rule: "rule" };

/** Groups the resources of a preview by what users know them as. */
export function thingsIn(changes: readonly ResourceChange[], rules: Changes): { things: Thing[]; unknown: Unknown[] } {
  const things = new Map<string, Thing>();
  const unknown: Unknown[] = [];
  for (const change of changes) {
    const resource = change.after ?? change.before;
    if (resource === undefined) continue;
    const [before, after] = [partOf(change.before, rules), partOf(change.after, rules)];
    if (before === "unknown" || after === "unknown") {
      if (change.step !== "same") unknown.push({ type: resource.type, name: resource.name });
      continue;
    }
    const part = after ?? before;
    if (part === undefined) continue;
    const noun = WITH[part.noun] ?? part.noun;
    const section = sectionOf(resource.within, resource.under);
    const key = `${noun} ${section}/${part.name}`;
    const known = things.get(key) ?? { section, name: part.name, noun, before: [], after: [], consequences: [] };
    things.set(key, {
      ...known,
      before: before === undefined ? known.before : [...known.before, before],
      after: after === undefined ? known.after : [...known.after, after],
      consequences: [...known.consequences, { change, effect: rules.effectOf(change, changes) }],
    });
  }
  return { things: [...things.values()], unknown };
}

function partOf(resource: Declared | undefined, rules: Changes): Part | undefined | "unknown" {
  return resource === undefined ? undefined : rules.partOf(resource);
}

/** How a report names a thing. */
export function subjectOf({ section, name }: Pick<Thing, "section" | "name">): string {
  return `${section}/${name}`;
}

/** The order in which one effect says more than another about a thing as a whole. */
const STRONGEST: readonly Effect[] = ["again", "replaced", "stays behind", "one after another", "in place", "made", "removed", "nothing"];

/** What becomes of a thing as a whole. */
export function effectOf({ noun, before, after, consequences }: Thing): Effect {
  const effects = consequences.flatMap(({ change, effect }) => (isAddress(change) ? [] : [effect]));
  if (noun === "service" && consequences.every(({ change }) => isAddress(change))) return "in place";
  if (before.length > 0 && after.length === 0) return effects.includes("stays behind") ? "stays behind" : "removed";
  const strongest = STRONGEST.find((one) => effects.includes(one)) ?? "nothing";
  // A further replica, or files of another content: the thing itself goes on.
  return before.length > 0 && ["made", "removed"].includes(strongest) ? "in place" : strongest;
}

function isAddress({ before, after }: ResourceChange): boolean {
  return (after ?? before)?.type.endsWith(":Service") === true;
}
