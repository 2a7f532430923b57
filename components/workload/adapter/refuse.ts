import type { Mistake } from "../mistakes.ts";
import { Refusal } from "../refuse.ts";
import type { CompleteService } from "../service.ts";

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

/** Ends the program because a handle was made by another platform than the one that is to use it. */
export function foreignHandle({ kind, name }: { readonly kind: string; readonly name: string }): never {
  throw new Refusal(`${kind} "${name}" is not of this platform; declare it on the platform that uses it`);
}

/** The mistake of a debug port on a production platform, if any. */
export function debugInProduction(debug: CompleteService["debug"], production: boolean): Mistake[] {
  if (debug === undefined || !production) return [];
  return [unsupported("debug", "a platform marked production (platform.production)", "remove it, or debug another stack")];
}
