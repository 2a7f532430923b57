/** The setting of the memory limit, by the limits that settings gave. */
const known = new WeakMap<object, string>();

/**
 * Notes of all limits in settings which setting gives them: whoever is asked to keep to them, far from here, can name it. What
 * was noted of the settings that these come from stays.
 *
 * @param parsed settings with their defaults · @param given what they were parsed from · @param nameOf how messages name a setting
 */
export function noteLimits(parsed: unknown, given: unknown, nameOf: (path: string) => string, path = ""): void {
  if (!isPlain(parsed)) return;
  for (const [key, value] of Object.entries(parsed)) {
    const from: unknown = isPlain(given) ? Reflect.get(given, key) : undefined;
    const here = path === "" ? key : `${path}.${key}`;
    if (key !== "resources") noteLimits(value, from, nameOf, here);
    else if (isPlain(value)) known.set(value, (isPlain(from) ? known.get(from) : undefined) ?? nameOf(`${here}.memory`));
  }
}

/** How messages name the setting of the memory limit. @param limits of parsed settings, or of the spec of a noun */
export function memorySettingOf(limits: object): string {
  return known.get(limits) ?? "resources.memory";
}

/** Handles and Outputs among the settings are not looked into. */
function isPlain(value: unknown): value is object {
  return Array.isArray(value) || (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype);
}
