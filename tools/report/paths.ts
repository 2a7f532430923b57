import { isDeepStrictEqual } from "node:util";

/** Paths at which two values differ, each as deep as it leads: `spec.replicas`, `envs[1]`. */
export function differingPaths(before: unknown, after: unknown, path = ""): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => differingPaths(before[index], after[index], `${path}[${index}]`)).flat();
  }
  if (!isMap(before) || !isMap(after)) return [path];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => differingPaths(before[key], after[key], step(path, key)));
}

function step(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}["${key}"]`;
  return path === "" ? key : `${path}.${key}`;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
