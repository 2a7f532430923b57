import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

import { noteLimits } from "./limit-settings.ts";
import { count, type Mistake, mistakeLines, mistakesOf } from "./mistakes.ts";
import type { Platform } from "./platform.ts";
import { type Held, secretPlaces, secretsIn } from "./secret-places.ts";

/**
 * Parses what a user gave for a component or a noun of the platform. A secret that is an Output is checked by the same rule
 * as soon as it is known, which is at preview for a setting of the stack.
 *
 * @throws Refusal naming the owner, with every mistake and no stack trace; inside the Output for one that is known later.
 */
export function parse<S extends z.ZodType>(owner: Owner, schema: S, given: unknown): z.output<S> {
  const result = schema.safeParse(given, { reportInput: true });
  if (!result.success) refuse(owner, mistakesOf(result.error));
  noteLimits(result.data, given, (path) => `${path} of ${owner.kind} "${owner.name}"`);
  const secrets = secretsIn(result.data, secretPlaces(schema));
  return secrets.reduce((data, held) => {
    const { path, value, mark } = held;
    if (mark.rule === undefined || !pulumi.Output.isInstance<unknown>(value)) return data;
    const later = value.apply((known) => checked(owner, held, known));
    return replacedAt(data, path, later);
  }, result.data);
}

/**
 * A secret that is known now.
 *
 * @internal
 * @throws Refusal naming owner and place, never the value, where it breaks its rule.
 */
export function checked({ kind, name }: Owner, { path, mark }: Pick<Held, "path" | "mark">, known: unknown): unknown {
  const message = typeof known === "string" ? mark.rule?.(known) : undefined;
  if (message === undefined) return known;
  throw new Refusal(`${kind} "${name}": 1 invalid argument\n${mistakeLines([{ path: path.join("."), message }])}`);
}

/** A copy with another value at one place; whatever is not on the way there is shared. */
function replacedAt<T>(data: T, [key, ...rest]: readonly string[], value: unknown): T {
  if (key === undefined) return value as T;
  const inner = replacedAt(Reflect.get(data as object, key), rest, value);
  return (Array.isArray(data) ? data.with(Number(key), inner) : { ...data, [key]: inner }) as T;
}

/** Whom a refusal is about: the component or noun as the user wrote it. */
export interface Owner {
  /** e.g. `TrainingCluster` or `service`. */
  readonly kind: string;
  readonly name: string;
  /** The platform of a component, which is abandoned with it; a platform's own nouns abandon theirs by themselves. */
  readonly platform?: Pick<Platform, "abandon">;
}

/** Ends the program with all `mistakes` of `owner` in one message; nothing of it is registered then. */
export function refuse({ kind, name, platform }: Owner, mistakes: readonly Mistake[]): never {
  const refusal = new Refusal(`${kind} "${name}": ${count(mistakes.length, "invalid argument")}\n${mistakeLines(mistakes)}`);
  platform?.abandon(refusal);
  throw refusal;
}

/**
 * An end of the program that reaches the user as it was written: no stack trace, and a message that the SDK cannot put the
 * names of properties in front of. It names no resource, because the SDK would wait for that one to be registered before
 * it shows the message.
 */
export class Refusal extends pulumi.RunError {
  constructor(text: string) {
    super(text);
    Object.defineProperty(this, "message", { get: () => text, set: () => {} });
    Object.defineProperty(this, "stack", { value: text });
  }
}

/** Fails to compile when a `switch` over a closed choice forgot one. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
