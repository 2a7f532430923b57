import type { z } from "zod";

import { secretMark } from "../../components/workload/index.ts";
import { valueAt } from "../../components/workload/values.ts";
import { type Statement, statementsOf } from "../../infra/layers/explain.ts";
import { textOf } from "../../infra/layers/path.ts";
import type { Resolved } from "../../infra/layers/resolve.ts";
import { type Path, type Position, leaves as saidLeaves, saidOf } from "../../infra/layers/said.ts";
import { settingAt, unknownSetting } from "../../infra/layers/setting.ts";
import { Problem } from "../lib/problem.ts";
import { declarationOf } from "./default-places.ts";
import { unreadSettings } from "./settings-of.ts";

/** Shown in the place of a secret. */
const SECRET = "(secret)";

/** One setting of a stack: its value, who says it, and what it would be if nobody did. */
export interface Explanation {
  readonly path: string;
  /** Undefined where it is absent. */
  readonly value: unknown;
  /** The layers that say it, the one that holds first. */
  readonly layers: readonly Statement[];
  /** Files of the stack that say nothing of it. */
  readonly silent: readonly string[];
  /** Its component's default; `value` is undefined where it has none. */
  readonly default: { readonly value: unknown; readonly position: Position | undefined };
  /** What it is for. */
  readonly text: string;
}

/** Explains one setting. @throws Problem for a path that names none, with the nearest that does */
export function explanationOf(schema: z.ZodType, resolved: Resolved, path: Path): Explanation {
  const setting = settingAt(schema, path);
  if (setting === undefined) throw new Problem(unknownSetting(schema, path));
  const isSecret = secretMark(setting.declared) !== undefined;
  const { statements, silent } = statementsOf(resolved, path);
  const value = valueAt(valuesOf(schema, resolved), path);
  return {
    path: textOf(path),
    value: isSecret && value !== undefined ? SECRET : masked(value),
    layers: statements.map((one) => ({ ...one, value: isSecret && one.value !== undefined ? SECRET : masked(one.value) })),
    silent,
    default: { value: setting.default, position: placeOfDefault(schema, path) },
    text: descriptionOf(setting.declared),
  };
}

/** Explains every setting that has a value, said or by default, in the order of the schema. */
export function explanationsOf(schema: z.ZodType, resolved: Resolved): Explanation[] {
  const paths = saidLeaves(saidOf(plain(valuesOf(schema, resolved)))).map(({ path }) => path);
  return paths.filter((path) => settingAt(schema, path) !== undefined).map((path) => explanationOf(schema, resolved, path));
}

/** Where the default is written: with the setting, or where a component uses a group of settings with defaults of its own. */
function placeOfDefault(schema: z.ZodType, path: Path): Position | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const declared = settingAt(schema, path.slice(0, depth))?.declared;
    const place = declared === undefined ? undefined : declarationOf(declared);
    if (place !== undefined) return place;
  }
  return undefined;
}

const complete = new WeakMap<Resolved, unknown>();

/** With every default where the settings are right; else as far as the files say them. */
export function valuesOf(schema: z.ZodType, resolved: Resolved): unknown {
  if (!complete.has(resolved)) complete.set(resolved, unreadSettings(schema, resolved).settings ?? resolved.values);
  return complete.get(resolved);
}

function descriptionOf(schema: z.core.$ZodType): string {
  return (schema as z.ZodType).description ?? "";
}

/** A value as it is shown: nothing encrypted, and no placeholder of something secret. */
export function masked(value: unknown): unknown {
  if (typeof value === "string" && value.startsWith(SECRET)) return SECRET;
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  if ("secure" in value) return SECRET;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
}

/** Maps and lists only, without what is undefined. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, plain(inner)]])));
}
