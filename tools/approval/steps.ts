import type { Declared, ResourceChange } from "../../components/workload/change.ts";
import { valueAt } from "../../components/workload/values.ts";
import { canonical, sha256 } from "../../infra/canonical.ts";

/** Characters of a fingerprint that only has to tell two previews of one stack apart. */
const LENGTH = 16;

/**
 * What the engine will do with each resource that it changes: the step, and a fingerprint of what it starts from and asks for. The
 * inputs are without secrets, which have fingerprints of their own.
 */
export function stepsOf(changes: readonly ResourceChange[]): Record<string, string> {
  const names = madeUpIn(changes);
  return Object.fromEntries(
    changes.flatMap((change) => {
      const resource = change.after ?? change.before;
      return change.step === "same" || resource === undefined
        ? []
        : [[keyOf(resource), `${change.step} ${fingerprintOf(change, names)}`] as const];
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

function fingerprintOf({ before, after, changed }: ResourceChange, names: ReadonlyMap<string, string>): string {
  const seen = [before?.inputs, after?.inputs].map((inputs) => withoutChance(inputs, names));
  return sha256(canonical([...seen, after?.retained, [...changed].sort()])).slice(0, LENGTH);
}

/** Names that the provider of Kubernetes makes up, others in each preview; a plan holds them. Each with the name in the program. */
function madeUpIn(changes: readonly ResourceChange[]): Map<string, string> {
  return new Map(
    changes.flatMap(({ before, after }) => {
      const [was, is] = [before, after].map((one) => String(valueAt(one?.inputs, ["metadata", "name"])));
      const isMadeUp = valueAt(after?.inputs, ["metadata", "annotations", "pulumi.com/autonamed"]) === "true";
      return isMadeUp && is !== undefined && is !== was ? [[is, `(${after?.name ?? ""})`] as const] : [];
    }),
  );
}

/** Without such names, and without the hashes of what holds one: all that they are made of is compared itself. */
function withoutChance(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((one) => withoutChance(one, names));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !key.startsWith("mlstack.dev/") && key !== "pulumi.com/waitFor");
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutChance(inner, names)]));
}
