/** A copy of a resource's inputs as far as they are known in a preview: the engine lets nobody touch what is not. */
export function known(value: unknown): Record<string, unknown> {
  return Object(copied(value) ?? {});
}

function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const all = Object.keys(value).flatMap((key): [string, unknown][] => {
    try {
      return [[key, copied(Reflect.get(value, key))]];
    } catch {
      return [];
    }
  });
  return Array.isArray(value) ? all.map(([, entry]) => entry) : Object.fromEntries(all);
}
