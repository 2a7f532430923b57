import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

import { count, type Mistake, mistakeLines, mistakesOf } from "./mistakes.ts";

/**
 * Parses what a user gave for a component or a noun of the platform.
 *
 * @throws pulumi.ResourceError on `owner`, naming it, with every mistake and no stack trace.
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
  readonly resource: pulumi.Resource;
}

/** Ends the program with all `mistakes` of `owner` in one message. */
export function refuse(owner: Owner, mistakes: readonly Mistake[]): never {
  const heading = `${owner.kind} "${owner.name}": ${count(mistakes.length, "invalid argument")}`;
  throw new pulumi.ResourceError(`${heading}\n${mistakeLines(mistakes)}`, owner.resource, true);
}

/**
 * A setting that a target can neither realise nor replace by an equivalent.
 *
 * @param path of the setting in the spec · @param target e.g. `Docker` · @param remedy what to write instead
 */
export function unsupported(path: string, target: string, remedy: string): Mistake {
  return { path, message: `not available on ${target}; ${remedy}` };
}

/** Fails to compile when a renderer left a field of its spec undecided. */
export function nothingLeft(_rest: Record<string, never>): void {}

/** Fails to compile when a `switch` over a closed choice forgot one. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
