import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";

import { alertSettings, type Observed, operatorObjects } from "../../components/monitoring.ts";
import { offlinePlatform } from "../../infra/platform.ts";
import type { StackSettings } from "../../infra/stack.ts";
import { ROOT } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { declareStack } from "../settings/declared.ts";
import { type Rendered, recorded, renderedIn } from "../settings/recording.ts";
import { settingsOf } from "../settings/settings-of.ts";
import type { Stack } from "../setup/stack.ts";
import { podsIn, renderedObject } from "./rendered-pods.ts";

/** Folder of what a cluster's own Prometheus is given: it is applied apart, since the stack does not apply it. */
const FOR_PROMETHEUS = "prometheus";

/**
 * Writes what a stack would apply to its cluster, one file an object, into `rendered/<stack>`, or `rendered/<project>/<stack>` for another project: without a cluster, an
 * engine or a password. Secrets are masked. Where the settings name a Prometheus of the cluster, what it reads is written into a folder below.
 */
export async function render(stack: Stack): Promise<number> {
  const { name } = stack;
  const given = settingsOf(stack);
  const observed: Observed[] = [];
  const registrations = await recorded(stack, async () => {
    const isDeclared = await declareStack(given, offlinePlatform, (parts) => observed.push(...parts));
    if (!isDeclared) throw new Problem(`Stack "${name}" runs on Docker, which has no manifests; name a stack on Kubernetes.`);
  });
  const objects = renderedIn(registrations);
  const place = stack.folder === resolve(ROOT) ? name : join(stack.project, name);
  const folder = join(ROOT, "rendered", place);
  rmSync(folder, { recursive: true, force: true });
  write(folder, objects);
  process.stdout.write(`${objects.length} objects in rendered/${place}\n`);
  const further = forPrometheus(stack, given, { observed, objects });
  if (further.length === 0) return 0;
  write(join(folder, FOR_PROMETHEUS), further);
  const apply = `kubectl apply -f rendered/${place}/${FOR_PROMETHEUS}`;
  process.stdout.write(`${further.length} objects for the cluster's own Prometheus in rendered/${place}/${FOR_PROMETHEUS}: ${apply}\n`);
  return 0;
}

function write(folder: string, objects: readonly Rendered[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { file, object } of objects)
    writeFileSync(join(folder, file), stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
}

interface Declared {
  readonly observed: readonly Observed[];
  readonly objects: readonly Rendered[];
}

/** What the Prometheus is given that the settings name; nothing without one. */
function forPrometheus({ name, project }: Stack, { platform, monitoring }: StackSettings, { observed, objects }: Declared): Rendered[] {
  if (platform.kind !== "kubernetes" || platform.prometheus === undefined) return [];
  const { labels, namespace } = platform.prometheus;
  return operatorObjects({
    stack: `${project}.${name}`,
    stackName: name,
    parts: observed,
    podsOf: podsIn(objects),
    settings: monitoring?.alerts ?? alertSettings.parse({}),
    labels,
    from: namespace,
  }).map(renderedObject);
}
