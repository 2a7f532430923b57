import { count } from "../../components/workload/index.ts";
import { stackNamesIn } from "../../infra/layers/names.ts";
import type { Resolved } from "../../infra/layers/resolve.ts";
import { stackSettings } from "../../infra/stack.ts";
import { atCommit } from "../settings/commit.ts";
import { type Difference, differencesOf } from "../settings/comparison.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { asJson, originOf, shown, table } from "../settings/table.ts";
import { projectIn, refuseUnknownLayer, type Selection, selectFolder } from "../setup/stack.ts";

interface Options {
  /** A commit; only stacks whose resolved settings differ from those it has. */
  readonly changedSince?: string;
  readonly json?: boolean;
}

/** One stack in the list. */
interface Listed {
  readonly stack: string;
  /** Layers that it starts from, the nearest first. */
  readonly extends: readonly string[];
  /** Settings that have changed since the commit. */
  readonly changes?: readonly Difference[];
}

/** Lists the stacks of a project: all, those that extend a layer, or those that a change of the working tree alters. */
export function stacks(selection: Selection, layer: string | undefined, { changedSince, json = false }: Options): number {
  const folder = selectFolder(selection);
  const project = projectIn(folder);
  if (layer !== undefined) refuseUnknownLayer(folder, layer);
  const before = changedSince === undefined ? undefined : atCommit(folder, changedSince, (old) => resolvedIn(old, project));
  const listed = [...resolvedIn(folder, project)].flatMap(([stack, resolved]): Listed[] => {
    const lower = resolved.layers.slice(0, -1).map(({ name }) => name);
    if (layer !== undefined && !lower.includes(layer)) return [];
    if (before === undefined) return [{ stack, extends: lower.reverse() }];
    const former = before.get(stack);
    const changes = former === undefined ? undefined : differencesOf(stackSettings, former, resolved);
    return changes?.length === 0 ? [] : [{ stack, extends: lower.reverse(), ...(changes === undefined ? {} : { changes }) }];
  });
  const gone = [...(before?.keys() ?? [])].filter((name) => layer === undefined && !stackNamesIn(folder).includes(name));
  process.stdout.write(
    json
      ? asJson({ stacks: listed, gone })
      : `${[...textOf(listed, changedSince), ...gone.map((name) => `${name}: its file is gone`)].join("\n")}\n`,
  );
  return 0;
}

/** Every stack of a folder by name. */
function resolvedIn(folder: string, project: string): ReadonlyMap<string, Resolved> {
  return new Map(stackNamesIn(folder).map((name) => [name, resolvedSettings({ folder, project, name }, stackSettings)]));
}

function textOf(listed: readonly Listed[], changedSince: string | undefined): string[] {
  if (listed.length === 0) return [changedSince === undefined ? "no stack" : `no stack has other settings than at ${changedSince}`];
  return [
    `${count(listed.length, "stack")}`,
    ...listed.flatMap(({ stack, extends: lower, changes }) => [
      `  ${stack}${lower.length === 0 ? "" : ` (extends ${lower.join(", ")})`}${changedSince !== undefined && changes === undefined ? ": new" : ""}`,
      ...table(
        (changes ?? []).map(({ path, before, after }) => [path, `${shown(before.value)} → ${shown(after.value)}`, originOf(after)]),
        "    ",
      ),
    ]),
  ];
}
