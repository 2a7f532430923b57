import type { z } from "zod";

import { type Risk, riskOf } from "../../components/workload/index.ts";
import { valueAt } from "../../components/workload/values.ts";
import { textOf } from "../../infra/layers/path.ts";
import { leaves, type Path, saidOf } from "../../infra/layers/said.ts";
import { settingAt } from "../../infra/layers/setting.ts";
import { shown } from "../settings/table.ts";
import type { Kind } from "./schema.ts";

/** A danger that a setting itself shows, whatever becomes of containers. */
export interface SettingDanger {
  readonly kind: Kind;
  readonly path: Path;
  readonly sentence: string;
  readonly before: string | null;
  readonly after: string | null;
}

const KIND_OF = {
  protects: "protection-gone",
  opens: "reachable-by-more",
  place: "data-left-behind",
  loses: "data-loss",
  right: "privilege-up",
} as const;

/** Paths of the settings in which two stacks differ, each as deep as it leads. */
export function changedSettings(before: unknown, after: unknown): Path[] {
  const [one, other] = [before, after].map((values) => new Map(leaves(saidOf(values)).map((leaf) => [textOf(leaf.path), leaf])));
  const all = [...new Map([...(one ?? []), ...(other ?? [])]).values()];
  return all.map(({ path }) => path).filter((path) => JSON.stringify(valueAt(before, path)) !== JSON.stringify(valueAt(after, path)));
}

/** The same as people say it: a part that comes or goes as a whole is one setting. */
export function changedParts(before: unknown, after: unknown): Path[] {
  const all = changedSettings(before, after).map((path) => {
    const depth = path.findIndex((_, index) => [before, after].some((values) => valueAt(values, path.slice(0, index + 1)) === undefined));
    return depth < 0 ? path : path.slice(0, depth + 1);
  });
  return [...new Map(all.map((path) => [textOf(path), path])).values()];
}

/** The dangers of the settings that differ, by their marks. */
export function settingDangers(schema: z.core.$ZodType, before: unknown, after: unknown): SettingDanger[] {
  const found = new Map<string, SettingDanger>();
  for (const path of changedSettings(before, after)) {
    for (let depth = 1; depth <= path.length; depth++) {
      const part = path.slice(0, depth);
      const declared = settingAt(schema, part)?.declared;
      const risk = declared === undefined ? undefined : riskOf(declared);
      // What is off keeps nothing that less of it would lose.
      if (risk?.kind === "loses" && [before, after].some((values) => isOff(values, part))) continue;
      if (risk !== undefined && isThere(before, after, part) && risk.worse(valueAt(before, part), valueAt(after, part)))
        found.set(textOf(part), dangerOf(risk, part, valueAt(before, part), valueAt(after, part)));
    }
  }
  // What is taken away as a whole takes along what is below it: it is said once.
  const all = [...found.values()];
  return all.filter(({ path }) => !all.some((other) => other.path.length < path.length && startsWith(path, other.path)));
}

/** A part that comes or goes is said as such, with all that it has. */
function isThere(before: unknown, after: unknown, path: Path): boolean {
  const section = path.slice(0, path[0] === "serving" ? 2 : 1);
  const holder = path.length > section.length ? section : [];
  if (valueAt(before, holder) === undefined || valueAt(after, holder) === undefined) return false;
  // An entry of a map that comes with the map itself: `keys.acme` where no key was asked for before.
  const above = path.slice(0, -1);
  return above.length <= section.length || valueAt(before, above) !== undefined || valueAt(after, above) === undefined || !isEntry(path);
}

function isOff(values: unknown, path: Path): boolean {
  return valueAt(values, [...path.slice(0, -1), "enabled"]) === false;
}

function isEntry(path: Path): boolean {
  return path.at(-2) === "keys";
}

function dangerOf(risk: Risk, path: Path, before: unknown, after: unknown): SettingDanger {
  const [was, is] = [before, after].map((value) => (value === undefined ? null : shown(value)));
  return { kind: KIND_OF[risk.kind], path, sentence: sentenceOf(risk, path, before, after), before: was ?? null, after: is ?? null };
}

function sentenceOf({ kind, what }: Risk, path: Path, before: unknown, after: unknown): string {
  const setting = textOf(path);
  const gone = after === undefined || after === false || after === "";
  switch (kind) {
    case "protects":
      return gone ? `${setting}: ${what} is gone` : `${setting}: ${what} protects less, ${shown(before)} → ${shown(after)}`;
    case "opens":
      return `${setting}: ${what} let in more than before`;
    case "place":
      return `${setting}: ${what} do not move from ${shown(before)} to ${shown(after)}, which begins empty; they stay where they are`;
    case "loses":
      return `${setting}: ${what}, ${shown(before)} → ${shown(after)}`;
    default:
      return `${setting}: gives ${what}`;
  }
}

function startsWith(path: Path, above: Path): boolean {
  return above.every((key, index) => path[index] === key);
}
