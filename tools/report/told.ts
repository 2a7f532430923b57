/** By this key a state shows that a value is secret, and has it encrypted. */
const OPAQUE = "4dabf18193072939515e22adb298388d";
/** Where a provider notes which values it has filled in itself. */
const DEFAULTS = "__defaults";

/**
 * Inputs that a state has, as a program would have declared them: without what the provider has filled in, and with the rendering's
 * value in the place of everything encrypted, which cannot be read.
 *
 * @param rendered what the program declares for the settings of that deployment
 */
export function toldBy(state: unknown, rendered: unknown): unknown {
  if (Array.isArray(state)) return listTold(state, rendered);
  if (!isMap(state)) return state;
  if (OPAQUE in state) return rendered;
  const filledIn = new Set(Array.isArray(state[DEFAULTS]) ? state[DEFAULTS].map(String) : []);
  const known = isMap(rendered) ? rendered : {};
  const entries = Object.entries(state).filter(([key]) => key !== DEFAULTS && (!filledIn.has(key) || known[key] !== undefined));
  return Object.fromEntries(entries.map(([key, value]) => [key, toldBy(value, known[key])]));
}

/** Of a list with something encrypted in it, which may be anywhere in another one, nothing is known unless both are as long. */
function listTold(state: readonly unknown[], rendered: unknown): unknown {
  const known: readonly unknown[] = Array.isArray(rendered) ? rendered : [];
  const isHidden = state.some((one) => isMap(one) && OPAQUE in one);
  return isHidden && known.length !== state.length ? rendered : state.map((one, index) => toldBy(one, known[index]));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
