import { readFileSync } from "node:fs";

import { quoted } from "../components/workload/index.ts";

/** The rule of one variable: the part of JSON Schema that the images' settings use. */
interface Rule {
  readonly type?: "string" | "integer" | "number" | "boolean";
  /** `password`: the value is never shown. */
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Rules by variable. */
export type Rules = Readonly<Record<string, Rule>>;

/** Numbers as Python reads them. */
const INTEGER = /^\s*[+-]?\d[\d_]*(\.0*)?\s*$/;
const NUMBER = /^\s*[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const BOOLEAN = /^(true|false|1|0|yes|no|on|off|t|f|y|n)$/i;

/**
 * What a program of a reference image checks of its variables. The image's own test holds the file and the program together.
 *
 * @param workload folder of `workloads/`
 * @param settings the Python class, e.g. `trainer.settings:Settings`
 */
export function rulesOf(workload: string, settings: string): Rules {
  const file: Record<string, Rules> = JSON.parse(readFileSync(new URL(`../workloads/${workload}/variables.json`, import.meta.url), "utf8"));
  const rules = file[settings];
  if (rules === undefined) throw new Error(`workloads/${workload}/variables.json has no ${settings}`);
  return rules;
}

/** The variables that their program would refuse, and why. Those that it does not know, and values not known yet, pass. */
export function variableMistakes(env: Readonly<Record<string, unknown>>, rules: Rules): { name: string; message: string }[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const rule = rules[name];
    const broken = rule === undefined || typeof value !== "string" ? undefined : brokenBy(value, rule);
    return broken === undefined
      ? []
      : [{ name, message: `must be ${broken}${rule?.format === "password" ? "" : `, got ${quoted(value)}`}` }];
  });
}

function brokenBy(text: string, rule: Rule): string | undefined {
  const allowed = rule.const === undefined ? rule.enum : [rule.const];
  if (allowed !== undefined) return allowed.includes(text) ? undefined : allowed.map(quoted).join(" or ");
  if (rule.type === "boolean") return BOOLEAN.test(text) ? undefined : '"true" or "false"';
  if (rule.type === "integer" || rule.type === "number") return brokenNumber(text, rule);
  const length = [...text].length;
  if (length < (rule.minLength ?? 0)) return `at least ${rule.minLength} characters`;
  if (length > (rule.maxLength ?? Number.POSITIVE_INFINITY)) return `at most ${rule.maxLength} characters`;
  return rule.pattern === undefined || new RegExp(rule.pattern, "u").test(text) ? undefined : `of the form ${rule.pattern}`;
}

function brokenNumber(text: string, { type, minimum, maximum, exclusiveMinimum }: Rule): string | undefined {
  const whole = type === "integer";
  if (!(whole ? INTEGER : NUMBER).test(text)) return whole ? "a whole number" : "a number";
  const value = Number(text.replaceAll("_", ""));
  if (minimum !== undefined && value < minimum) return `at least ${minimum}`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return `more than ${exclusiveMinimum}`;
  return maximum !== undefined && value > maximum ? `at most ${maximum}` : undefined;
}
