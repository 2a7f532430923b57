import { type Existing, OURS } from "./existing.ts";

/** Kinds whose contents the API server lets nobody change, since they are declared so. */
const IMMUTABLE = ["ConfigMap", "Secret"];

/**
 * Whether an object is one that somebody has made in the place of a deployment's: what it holds can only be declared again by
 * another one. A server that hides its record says nothing.
 */
export function isRemade(kind: string, { metadata: { managedFields = [] } }: Existing): boolean {
  return IMMUTABLE.includes(kind) && managedFields.length > 0 && !managedFields.some(({ manager = "" }) => manager.startsWith(OURS));
}
