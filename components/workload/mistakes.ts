import { distance } from "fastest-levenshtein";
import type { z } from "zod";

/** One mistake of a user: where, and which rule is broken. */
export interface Mistake {
  /** Dotted path of the value, e.g. `features.api.replicas`; empty for the whole. */
  readonly path: string;
  /** The rule, the value given (never a secret) and the remedy where it is not obvious. */
  readonly message: string;
  /** The key of what `path` holds that the mistake is about, e.g. an unknown one. */
  readonly key?: string;
}

/** Every mistake that a zod parse found, in the order of the schema. */
export function mistakesOf(error: z.ZodError): Mistake[] {
  return error.issues.flatMap((issue) => {
    const path = pathOf(issue.path);
    if (issue.code !== "unrecognized_keys") return [{ path, message: messageOf(issue) }];
    // One line of the message for each key.
    return issue.message.split("\n").map((message, index) => ({ path, message, ...keyOf(issue.keys[index]) }));
  });
}

/** Mistakes as indented lines under a heading. */
export function mistakeLines(mistakes: readonly Mistake[]): string {
  return mistakes.map(({ path, message }) => (path === "" ? `  ${message}` : `  ${path}: ${message}`)).join("\n");
}

/** `"1 mistake"`, `"2 mistakes"`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}

/** A value as an error message shows it: text in quotes, an object by its kind only. */
export function quoted(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : "an object";
}

/** The entry of `known` that a misspelt word most likely means, if one is near enough to suggest. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

function keyOf(key: string | undefined): { key?: string } {
  return key === undefined ? {} : { key };
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`),
    "",
  );
}

/** A schema's own message is kept; in place of zod's words the message names the rule and the value given. */
function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      if (!issue.message.startsWith("Invalid")) return issue.message;
      return issue.input === undefined
        ? `is required (${withArticle(issue.expected)})`
        : `must be ${withArticle(issue.expected)}, got ${quoted(issue.input)}`;
    case "invalid_key":
      return issue.issues.map(messageOf).join("; ");
    case "too_small":
    case "too_big":
      return boundOf(issue);
    case "invalid_value":
      if (!issue.message.startsWith("Invalid")) return issue.message;
      return `must be ${issue.values.map(quoted).join(" or ")}, got ${quoted(issue.input)}`;
    case "invalid_format":
      if (!issue.message.startsWith("Invalid")) return issue.message;
      return `must be ${FORMATS[issue.format] ?? `of the form ${issue.format}`}, got ${quoted(issue.input)}`;
    default:
      return issue.message;
  }
}

/** Formats that schemas use, as messages name them. */
const FORMATS: Readonly<Record<string, string>> = {
  ipv4: 'an IPv4 address such as "127.0.0.1"',
  cidrv4: 'an IPv4 subnet such as "172.20.0.0/16"',
};

function boundOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  if (!issue.message.startsWith("Too")) return issue.message;
  const isFew = issue.code === "too_small";
  const bound = isFew ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  switch (issue.origin) {
    case "number":
    case "int":
      return `must be ${bound}, got ${quoted(issue.input)}`;
    case "string":
    case "array":
      if (isFew && issue.minimum === 1) return "must not be empty";
      return `must have ${bound} ${issue.origin === "string" ? "characters" : "entries"}`;
    default:
      return issue.message;
  }
}

function withArticle(type: string): string {
  const word = type === "int" ? "whole number" : type === "record" ? "map" : type;
  return `${/^[aeiou]/.test(word) ? "an" : "a"} ${word}`;
}
