import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

import { noteLimits } from "../components/workload/limit-settings.ts";
import { checkResolved } from "./check.ts";
import { givenValues, openSecrets, withBaseImage } from "./given.ts";
import { type Layer, layerOf, type PlacedMistake } from "./layers/layer.ts";
import { mistakeText } from "./layers/mistake-text.ts";
import { NO_FILES, resolveLayers } from "./layers/resolve.ts";
import { replaceSecrets, secretPlaces } from "./secrets.ts";

/** The file whose lines messages name, where Pulumi was given another one of the same settings. */
const SOURCE = "MLSTACK_STACK_SOURCE";

/**
 * Reads and checks the settings of the current stack, with those of the layers that it starts from.
 *
 * @returns the settings with every default filled in, and every secret as a secret Output
 * @throws pulumi.RunError with every mistake of all files at once; nothing is registered before.
 */
export async function readSettings<S extends z.ZodType>(schema: S): Promise<z.output<S>> {
  const root = pulumi.getRootDirectory() || process.cwd();
  const name = pulumi.getStack();
  const file = `Pulumi.${name}.yaml`;
  const { values, foreign } = givenValues();
  const own = layerOf({ name, file, folder: root, values, positionOf: () => undefined });
  // Without a layer no preview waits for what reads YAML.
  const files = own.extends.length === 0 ? NO_FILES : (await import("./layers/disk.ts")).filesIn({ root, name: pulumi.getProject() });
  const resolved = resolveLayers(own, files, schema, root);
  const { settings, mistakes } = checkResolved(schema, resolved, withBaseImage);
  const all: PlacedMistake[] = [...foreign, ...mistakes, ...(await openSecrets(values, secretPlaces(schema)))];
  if (all.length === 0 && settings !== undefined) {
    const complete = withSecretOutputs(schema, settings);
    noteLimits(complete, undefined, (path) => path);
    return complete;
  }
  const written = await ownFile(root, name, file);
  const positionOf = written === undefined ? resolved.positionOf : resolveLayers(written, files, schema, root).positionOf;
  throw new pulumi.RunError(mistakeText(file, all, positionOf));
}

/** Settings whose secrets no message, log or state shows. */
export function withSecretOutputs<S extends z.ZodType>(schema: S, settings: z.output<S>): z.output<S> {
  return replaceSecrets(settings, secretPlaces(schema), ({ value }) => pulumi.secret(value));
}

/** The stack's own file with its lines, which Pulumi does not report; undefined where it cannot be read. */
async function ownFile(root: string, name: string, file: string): Promise<Layer | undefined> {
  const { layerIn } = await import("./layers/disk.ts");
  try {
    const path = process.env[SOURCE] ?? join(root, file);
    return layerIn(path, { root, name: pulumi.getProject() }, { name, shown: file });
  } catch {
    return undefined;
  }
}
