import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Where a project has its layers that are no stacks. */
export function layerFolder(root: string): string {
  return join(root, "layers");
}

/** Names of the layers that are no stacks. */
export function layerNamesIn(root: string): string[] {
  const folder = layerFolder(root);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => basename(file, ".yaml"))
    .sort();
}

/** Names of the stacks that a project has settings for. */
export function stackNamesIn(root: string): string[] {
  return readdirSync(root)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}
