import { registerHooks } from "node:module";

/** What of Pulumi's SDK and its providers' is asked for when a component's file is loaded. */
const PACKAGES = /^@pulumi\/(pulumi|docker|kubernetes)(\/|$)/;
const PREFIX = "mlstack-without:";
const ERRORS = "@pulumi/pulumi/errors.js";

/** The classes that components are made from, and the error that says a user's mistake; nothing of it can be deployed. */
const SDK = `
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
        ? { url: `${PREFIX}${specifier === ERRORS ? "@pulumi/pulumi" : specifier}`, format: "module", shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url.startsWith(PREFIX) ? { format: "module", source: sourceOf(url.slice(PREFIX.length)), shortCircuit: true } : next(url, context),
  });
}

/** A provider's file has one class, whose name is the file's. */
function sourceOf(specifier: string): string {
  if (specifier === "@pulumi/pulumi") return SDK;
  const file = specifier.slice(specifier.lastIndexOf("/") + 1).replace(/\.js$/, "");
  return `export class ${file.charAt(0).toUpperCase()}${file.slice(1)} {}`;
}
