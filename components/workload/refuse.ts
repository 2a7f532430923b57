import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

import { count, type Mistake, mistakeLines, mistakesOf } from "./mistakes.ts";
import type { Platform } from "./platform.ts";

/**
 * Parses what a user gave for a component or a noun of the platform.
 *
 * @throws Refusal naming the owner, with every mistake and no stack trace.
 */
export function parse<S extends z.ZodType>(owner: Owner, schema: S, given: unknown): z.output<S> {
  const result = schema.safeParse(given, { reportInput: true });
  if (!result.success) refuse(owner, mistakesOf(result.error));
  return result.data;
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
