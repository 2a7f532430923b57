import { BASE, type Said } from "./labelled.ts";

/** The base of a target with what is said besides, as a stack file has it: later words win, `null` takes away. */
export function valuesSaid(target: keyof typeof BASE, ...all: readonly (Said | undefined)[]): Record<string, unknown> {
  const values = structuredClone(BASE[target]) as Record<string, unknown>;
  for (const said of all) for (const [path, value] of Object.entries(said ?? {})) set(values, path.split("."), structuredClone(value));
  return values;
}

function set(values: Record<string, unknown>, [key = "", ...rest]: string[], value: unknown): void {
  if (rest.length > 0) {
    const inner = (values[key] ?? {}) as Record<string, unknown>;
    values[key] = inner;
    set(inner, rest, value);
  } else if (value === null) delete values[key];
  else values[key] = value;
}
