import { isAddress, type Step } from "./step.ts";

/** Steps by name. */
export type Steps = Readonly<Record<string, Step>>;

/** The steps that must be declared before one of `steps`: those it starts after, and the pages that it links to. */
export function before(steps: Steps, name: string): string[] {
  const step = steps[name];
  if (step === undefined) return [];
  const linked = step.kind === "page" ? Object.values(step.links).filter((link) => !isAddress(link)) : [];
  return [...new Set([...step.after, ...linked])].filter((one) => one in steps);
}

/** The names of all steps, each behind those that it needs; beyond that in the order of the settings. There must be no circle. */
export function inOrder(steps: Steps): string[] {
  const ordered = new Set<string>();
  const visit = (name: string): void => {
    if (ordered.has(name)) return;
    for (const other of before(steps, name)) visit(other);
    ordered.add(name);
  };
  for (const name of Object.keys(steps)) visit(name);
  return [...ordered];
}

/** One circle of steps that wait for each other, from each group that has any: `["a", "b"]` when a waits for b and b for a. */
export function circles(steps: Steps): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): void => {
    const at = way.indexOf(name);
    if (at >= 0) found.push(way.slice(at));
    if (at >= 0 || done.has(name)) return;
    for (const other of before(steps, name)) visit(other, [...way, name]);
    done.add(name);
  };
  for (const name of Object.keys(steps)) visit(name, []);
  return found;
}

/** What `name` starts after, directly or by others, without itself. */
export function neededBy(steps: Steps, name: string): string[] {
  const needed = new Set<string>();
  const visit = (one: string): void => {
    for (const other of steps[one]?.after ?? []) {
      if (!(other in steps) || needed.has(other)) continue;
      needed.add(other);
      visit(other);
    }
  };
  visit(name);
  needed.delete(name);
  return [...needed];
}
