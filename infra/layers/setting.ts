import type { z } from "zod";

import { nearest } from "../../components/workload/mistakes.ts";
import { textOf } from "./path.ts";
import type { Path } from "./said.ts";

type Schema = z.core.$ZodType;

/** One setting as its component declares it. */
export interface Setting {
  /** What it may be: one schema, or the alternatives of a union. */
  readonly forms: readonly Schema[];
  /** The declaration itself, with its text. */
  readonly declared: Schema;
  /** Whether it may be absent, so that `null` takes it away. */
  readonly removable: boolean;
  /** Its value where no layer says one; undefined where it has none, or only those of what it holds. */
  readonly default: unknown;
}

/** The setting at a path; undefined where there is none. */
export function settingAt(schema: Schema, path: Path): Setting | undefined {
  let setting = settingOf(schema, false);
  for (const key of path) {
    const found = setting.forms.flatMap((form) => childOf(form, key));
    const [first] = found;
    if (first === undefined) return undefined;
    setting = { ...first, forms: found.flatMap(({ forms }) => forms), removable: found.some(({ removable }) => removable) };
  }
  return setting;
}

/** Keys that may follow a path; empty where any may, or none. */
export function keysAt(schema: Schema, path: Path): string[] {
  const forms = settingAt(schema, path)?.forms ?? [];
  return [...new Set(forms.flatMap((form) => (defOf(form).type === "object" ? Object.keys(shapeOf(form)) : [])))];
}

/** What to write for a path that names no setting: `unknown setting "features.api.replica"; did you mean "features.api.replicas"?` */
export function unknownSetting(schema: Schema, path: Path): string {
  const wrong = path.findIndex((_, index) => settingAt(schema, path.slice(0, index + 1)) === undefined);
  const before = path.slice(0, wrong);
  const known = keysAt(schema, before);
  const near = nearest(path[wrong] ?? "", known);
  const text = `unknown setting "${textOf(path)}"`;
  if (near !== undefined) return `${text}; did you mean "${textOf([...before, near, ...path.slice(wrong + 1)])}"?`;
  return known.length === 0 ? `${text}; "${textOf(before)}" holds no further settings` : `${text}; known are ${known.join(", ")}`;
}

function childOf(form: Schema, key: string): Setting[] {
  const def = defOf(form);
  if (def.type === "record") return [{ ...settingOf(def.valueType, true), removable: true }];
  if (def.type !== "object") return [];
  const child = shapeOf(form)[key];
  return child === undefined ? [] : [settingOf(child, false)];
}

function settingOf(declared: Schema, removable: boolean): Setting {
  const setting = { declared, removable, default: undefined };
  const def = defOf(declared);
  switch (def.type) {
    case "optional":
      return { ...settingOf(def.innerType, true), declared, removable: true };
    case "default":
      return { ...settingOf(def.innerType, removable), declared, default: def.defaultValue };
    case "prefault":
      return { ...settingOf(def.innerType, removable), declared };
    case "nullable":
    case "readonly":
      return { ...settingOf(def.innerType, removable), declared };
    case "pipe":
      return { ...settingOf(def.in, removable), declared };
    case "union":
      return { ...setting, forms: def.options.flatMap((option) => settingOf(option, removable).forms) };
    default:
      return { ...setting, forms: [declared] };
  }
}

function defOf(schema: Schema) {
  return (schema as z.core.$ZodTypes)._zod.def;
}

function shapeOf(schema: Schema): Readonly<Record<string, Schema>> {
  const def = defOf(schema);
  return def.type === "object" ? def.shape : {};
}
