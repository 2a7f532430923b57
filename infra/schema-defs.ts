/** Shorter schemas are easier to read where they are used. */
const SHORTEST = 200;
/** What differs between two uses of one schema, and so stays with the use. */
const OWN_TO_A_USE = ["description", "default"];

type Schema = Record<string, unknown>;

/** A JSON Schema with every part that it says more than once moved to `$defs`, under the key it first appears by. */
export function shareRepeated(schema: Schema): { schema: Schema; $defs: Schema } {
  const uses = new Map<string, { count: number; key: string }>();
  visit(schema, "", (part, key) => {
    const text = JSON.stringify(shared(part));
    const known = uses.get(text);
    uses.set(text, { count: (known?.count ?? 0) + 1, key: known?.key ?? key });
  });
  const names = namesOf(
    [...uses].filter(([text, { count }]) => count > 1 && text.length >= SHORTEST).map(([text, { key }]) => ({ text, key })),
  );
  const $defs = Object.fromEntries([...names].map(([text, name]) => [name, referring(JSON.parse(text), names, true)]));
  return { schema: referring(schema, names, false), $defs };
}

function visit(value: unknown, key: string, found: (schema: Schema, key: string) => void): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value))
    visit(inner, /^\d+$/.test(name) || name === "anyOf" || name === "oneOf" || name === "properties" ? key : name, found);
  if (!Array.isArray(value) && ("properties" in value || "anyOf" in value || "oneOf" in value)) found(value as Schema, key);
}

function shared(schema: Schema): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !OWN_TO_A_USE.includes(key)));
}

/** Names by text, each once. */
function namesOf(repeated: readonly { text: string; key: string }[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { text, key } of repeated) {
    const taken = [...names.values()].filter((name) => name.replace(/\d+$/, "") === key).length;
    names.set(text, taken === 0 ? key : `${key}${taken + 1}`);
  }
  return names;
}

/** The same schema, saying "as there" of whatever has a name; at the top of a definition itself it is said in full. */
function referring<T>(value: T, names: ReadonlyMap<string, string>, top: boolean): T {
  if (Array.isArray(value)) return value.map((inner) => referring(inner, names, false)) as T;
  if (typeof value !== "object" || value === null) return value;
  const name = top ? undefined : names.get(JSON.stringify(shared(value as Schema)));
  if (name !== undefined) {
    const own = Object.entries(value).filter(([key]) => OWN_TO_A_USE.includes(key));
    return { $ref: `#/$defs/${name}`, ...Object.fromEntries(own) } as T;
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, referring(inner, names, false)])) as T;
}
