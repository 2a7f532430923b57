import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/** What of Pulumi's SDK and its providers' is asked for when a component's file is loaded. */
const PACKAGES = /^@pulumi\/(pulumi|docker|kubernetes)(\/|$)/;
const PREFIX = "mlstack-without:";
/** Both are the same here, so that an error of one is one of the other. */
const SDK = new Set(["@pulumi/pulumi", "@pulumi/pulumi/errors.js"]);

/** The classes that components are made from, and the error that says a user's mistake; nothing of it can be deployed. */
const CLASSES = `
export class Resource { static isInstance() { return false; } }
export class ComponentResource extends Resource {}
export class CustomResource extends Resource {}
export class RunError extends Error { static isInstance(error) { return error instanceof RunError; } }
export class ResourceError extends RunError {}
export const Output = { isInstance: () => false };
export const log = { info() {}, warn() {}, error() {}, debug() {} };
`;

/**
 * From now on what is loaded gets no SDK. A component's file declares its settings and the component, and most of its loading is
 * the SDK's, which commands that only read settings do not need. Call it before the first component is loaded; what runs a program
 * must not be loaded in the same process.
 */
export function goWithoutSdk(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      PACKAGES.test(specifier)
        ? {
            url: `${PREFIX}${SDK.has(specifier) ? "@pulumi/pulumi" : specifier}?${namesFrom(specifier, context.parentURL)}`,
            format: "module",
            shortCircuit: true,
          }
        : next(specifier, context),
    load: (url, context, next) =>
      url.startsWith(PREFIX) ? { format: "module", source: sourceOf(url.slice(PREFIX.length)), shortCircuit: true } : next(url, context),
  });
}

/** The names that a file takes from a provider's file, which may have any; the SDK's own are known. */
function namesFrom(specifier: string, file: string | undefined): string {
  if (SDK.has(specifier) || file === undefined) return "";
  const from = new RegExp(`\\{([^{}]*)\\}\\s*from\\s*"${specifier}"`, "g");
  const lists = [...readFileSync(fileURLToPath(file), "utf8").matchAll(from)].map(([, list = ""]) => list.split(","));
  const names = lists.flat().map((name) => name.trim().replace(/ as .*/s, ""));
  return names.filter((name) => /^\w+$/.test(name)).join(",");
}

function sourceOf(url: string): string {
  const [specifier = "", names = ""] = url.split("?");
  if (SDK.has(specifier)) return CLASSES;
  return names
    .split(",")
    .filter((name) => name !== "")
    .map((name) => `export class ${name} {}`)
    .join("\n");
}
