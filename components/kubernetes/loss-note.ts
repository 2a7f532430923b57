import { createHash } from "node:crypto";

import { type LostField, lostFields } from "./drift.ts";
import type { Existing } from "./existing.ts";
import { DECLARED } from "./labels.ts";

/** Digits of a hash in an annotation. */
const DIGITS = 12;

/** A hash as annotations have it. */
export function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, DIGITS);
}

/** What is noted of an object of which fields were lost. @param hash of what is declared */
export function noteOfLost(hash: string, lost: readonly LostField[], { metadata: { generation, resourceVersion } }: Existing): string {
  const fields = [...lost].sort((one, other) => (one.path < other.path ? -1 : 1));
  return `${hash}.${digest([fields, generation ?? resourceVersion]).slice(0, DIGITS / 2)}`;
}

/**
 * The fields of an existing object that were lost since the last deployment, by what that declared. One that the API server drops
 * is lost at every look, and noted.
 */
export function newlyLost(declared: object, existing: Existing): LostField[] {
  const note = existing.metadata.annotations?.[DECLARED];
  const lost = note === undefined ? [] : lostFields(declared, existing);
  return lost.length === 0 || noteOfLost(note?.split(".")[0] ?? "", lost, existing) === note ? [] : lost;
}
