import type { Report } from "../report/schema.ts";
import { resourceIn, stepIn } from "./steps.ts";

/** Something that is not as a report shows it. */
export interface Moved {
  /** e.g. `setting features.api.replicas`. */
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

type Values = Readonly<Record<string, string>>;

/** Of the engine's steps, how many are named: most follow from what is named before them. */
const MOST_STEPS = 12;
/** Longest value, in characters. */
const LONGEST = 100;

/** All in which the world differs from that of a report, what decides first. @param now a report of this moment */
export function movedBetween(shown: Report, now: Report): Moved[] {
  const [old, fresh] = [shown.compared, now.compared];
  const [was, is] = [shown.approval, now.approval];
  if (was === null || is === null) return [{ what: "report", before: whoMade(was), after: whoMade(is) }];
  return [
    ...moved("project", shown.project, now.project),
    ...moved("stack", shown.stack, now.stack),
    ...moved("commit", old.commit, fresh.commit),
    ...moved("working tree, beyond its commit", was.tree, is.tree, ["one change or none", "another"]),
    ...movedIn("setting", was.values, is.values),
    ...movedIn("secret", was.secrets, is.secrets, ["one value", "another"]),
    ...moved("state", old.state, fresh.state, [stateText(old.state, was.deployed), stateText(fresh.state, is.deployed)]),
    ...moved("target", was.target, is.target),
    ...movedIn("program", was.programs, is.programs),
    ...movedIn("model of", old.models, fresh.models),
    ...movedIn("image of", old.images, fresh.images),
    ...movedIn("content of image", was.contents, is.contents),
    ...movedSteps(was.steps, is.steps),
  ];
}

/** A line of a message. */
export function movedText({ what, before, after }: Moved): string {
  return `${what}: ${short(before)} → ${short(after)}`;
}

function moved(what: string, before: string | null, after: string | null, texts?: readonly [string, string]): Moved[] {
  if (before === after) return [];
  const [one, other] = texts ?? [before ?? "none", after ?? "none"];
  return [{ what, before: one, after: other }];
}

/** @param texts in the place of values that say nothing */
function movedIn(what: string, before: Values, after: Values, texts?: readonly [string, string]): Moved[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => {
    const [one, other] = [before[key], after[key]];
    const shown = [one, other].map((value, index) => (value === undefined ? "none" : (texts?.[index] ?? value)));
    return one === other ? [] : [{ what: `${what} ${key}`, before: shown[0] ?? "", after: shown[1] ?? "" }];
  });
}

function movedSteps(before: Values, after: Values): Moved[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().filter((key) => before[key] !== after[key]);
  const named = keys.slice(0, MOST_STEPS).map((key) => {
    const [one, other] = [before[key], after[key]].map((entry) => (entry === undefined ? "nothing" : stepIn(entry)));
    return { what: `step for ${resourceIn(key)}`, before: one ?? "", after: one === other ? `${other} with other values` : (other ?? "") };
  });
  const rest = keys.length - named.length;
  return rest === 0 ? named : [...named, { what: `steps for ${rest} more resources`, before: "shown", after: "other ones" }];
}

function whoMade(approval: Report["approval"]): string {
  return approval === null ? "made offline" : "made by the engine";
}

function stateText(digest: string | null, deployed: string | null): string {
  return digest === null ? "never deployed" : `of ${deployed ?? "an unknown time"} (${digest.slice(0, 12)})`;
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
