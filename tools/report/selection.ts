import { stackNamesIn } from "../../infra/layers/names.ts";
import { stackSettings } from "../../infra/stack.ts";
import { Problem } from "../lib/problem.ts";
import { atCommit } from "../settings/commit.ts";
import { differencesOf } from "../settings/comparison.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { projectIn, type Selection, type Stack, selectFolder } from "../setup/stack.ts";
import { declaredOtherwise } from "./since.ts";

/**
 * The stacks of a project that a command line means: all, those of a pattern, or those whose settings, program or images differ
 * from a commit's.
 */
export async function selected(selection: Selection & { readonly changedSince?: string }): Promise<Stack[]> {
  const folder = selectFolder(selection);
  const project = projectIn(folder);
  const { stack: pattern, changedSince } = selection;
  const names = stackNamesIn(folder).filter((name) => pattern === undefined || matches(name, pattern));
  if (names.length === 0) throw new Problem(`no stack is called like "${pattern}" (there are ${stackNamesIn(folder).join(", ")})`);
  const stacks = names.map((name) => ({ folder, project, name }));
  if (changedSince === undefined) return stacks;
  const hasOtherSettings = changedFrom(folder, changedSince);
  const isDeclaredOtherwise = await declaredOtherwise(folder, changedSince);
  return stacks.filter((stack) => hasOtherSettings(stack) || isDeclaredOtherwise(stack.name));
}

function changedFrom(folder: string, commit: string): (stack: Stack) => boolean {
  const project = projectIn(folder);
  const former = atCommit(
    folder,
    commit,
    (old) => new Map(stackNamesIn(old).map((name) => [name, resolvedSettings({ folder: old, project, name }, stackSettings)])),
  );
  return (stack) => {
    const before = former.get(stack.name);
    return before === undefined || differencesOf(stackSettings, before, resolvedSettings(stack, stackSettings)).length > 0;
  };
}

/** Whether a name is of a pattern with `*` and `?`. */
export function matches(name: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(name);
}
