import { checkFiles } from "../../infra/check.ts";
import { mistakeText } from "../../infra/layers/mistake-text.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { Problem } from "../lib/problem.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import type { Stack } from "../setup/stack.ts";

/** What the program reads in the place of a secret: it keeps the rules for keys and passwords. */
export const PLACEHOLDER = "a-secret-that-the-settings-do-not-show";

/** A stack's settings with a placeholder for everything that is encrypted or missing. @throws Problem with every mistake of them */
export function settingsOf(stack: Stack): StackSettings {
  const resolved = resolvedSettings(stack, stackSettings);
  const { settings, mistakes } = checkFiles(stackSettings, resolved, PLACEHOLDER);
  if (settings === undefined) throw new Problem(mistakeText(`Pulumi.${stack.name}.yaml`, mistakes, resolved.positionOf));
  return settings;
}
