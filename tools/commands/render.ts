import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";

import { offlinePlatform } from "../../infra/platform.ts";
import { ROOT } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { declareStack } from "../settings/declared.ts";
import { recorded, renderedIn } from "../settings/recording.ts";
import { settingsOf } from "../settings/settings-of.ts";
import type { Stack } from "../setup/stack.ts";

/**
 * Writes what a stack would apply to its cluster, one file an object, into `rendered/<stack>`, or `rendered/<project>/<stack>` for another project: without a cluster, an
 * engine or a password. Secrets are masked.
 */
export async function render(stack: Stack): Promise<number> {
  const { name } = stack;
  const given = settingsOf(stack);
  const registrations = await recorded(stack, async () => {
    const isDeclared = await declareStack(given, offlinePlatform);
    if (!isDeclared) throw new Problem(`Stack "${name}" runs on Docker, which has no manifests; name a stack on Kubernetes.`);
  });
  const objects = renderedIn(registrations);
  const place = stack.folder === resolve(ROOT) ? name : join(stack.project, name);
  const folder = join(ROOT, "rendered", place);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, object } of objects)
    writeFileSync(join(folder, file), stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  process.stdout.write(`${objects.length} objects in rendered/${place}\n`);
  return 0;
}
