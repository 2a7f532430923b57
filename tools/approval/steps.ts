import type { Declared, ResourceChange } from "../../components/workload/change.ts";
import { canonical, sha256 } from "../../infra/canonical.ts";

/** Characters of a fingerprint that only has to tell two previews of one stack apart. */
const LENGTH = 16;

/**
 * What the engine will do with each resource that it changes: the step, and a fingerprint of what it starts from and asks for. The
 * inputs are without secrets, which have fingerprints of their own.
 */
export function stepsOf(changes: readonly ResourceChange[]): Record<string, string> {
  return Object.fromEntries(
    changes.flatMap((change) => {
      const resource = change.after ?? change.before;
      return change.step === "same" || resource === undefined
        ? []
        : [[keyOf(resource), `${change.step} ${fingerprintOf(change)}`] as const];
    }),
  );
}

/** The step of an entry without its fingerprint. */
export function stepIn(entry: string): string {
  return entry.split(" ")[0] ?? "";
}

function keyOf({ within, type, name }: Declared): string {
  return `${[...within, type].join("$")}::${name}`;
}

/** What people call a resource of such a key, e.g. `Container api-0`. */
export function resourceIn(key: string): string {
  const [types = "", ...name] = key.split("::");
  return `${types.split(/[$:]/).at(-1)} ${name.join("::")}`;
}

function fingerprintOf({ before, after, changed }: ResourceChange): string {
  return sha256(canonical([before?.inputs, after?.inputs, after?.retained, [...changed].sort()])).slice(0, LENGTH);
}
