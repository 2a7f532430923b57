import type { z } from "zod";

import { unreadSecret } from "../../components/workload/index.ts";
import { checkFiles } from "../../infra/check.ts";
import { mistakeText } from "../../infra/layers/mistake-text.ts";
import type { Resolved } from "../../infra/layers/resolve.ts";
import { replaceSecrets, secretPlaces } from "../../infra/secrets.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { Problem } from "../lib/problem.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import type { Stack } from "../setup/stack.ts";

/** A stack's settings with something that stands for each secret that is encrypted or missing. @throws Problem with every mistake of them */
export function settingsOf(stack: Stack): StackSettings {
  const resolved = resolvedSettings(stack, stackSettings);
  const { settings, mistakes } = unreadSettings(stackSettings, resolved);
  if (settings === undefined) throw new Problem(mistakeText(`Pulumi.${stack.name}.yaml`, mistakes, resolved.positionOf));
  return settings;
}

/** Settings of files alone, or what is wrong with them: each secret that is not read has a text of its own in its place. */
export function unreadSettings<S extends z.ZodType>(
  schema: S,
  resolved: Resolved,
): Pick<ReturnType<typeof checkFiles<S>>, "settings" | "mistakes"> {
  const { settings, mistakes } = checkFiles(schema, resolved);
  const stand = ({ path, value }: { path: readonly string[]; value: unknown }) => (value instanceof Promise ? unreadSecret(path) : value);
  return { settings: settings && replaceSecrets(settings, secretPlaces(schema), stand), mistakes };
}
