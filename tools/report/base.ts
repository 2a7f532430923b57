import { stackNamesIn } from "../../infra/layers/names.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { atCommit } from "../settings/commit.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { unreadSettings } from "../settings/settings-of.ts";
import { projectIn } from "../setup/stack.ts";

/** Settings of each stack of a folder at a commit, as the program would read them; without stacks whose settings were wrong there. */
export function settingsAt(folder: string, commit: string): ReadonlyMap<string, StackSettings> {
  const project = projectIn(folder);
  return atCommit(folder, commit, (old) => {
    const all = stackNamesIn(old).flatMap((name) => {
      const { settings } = unreadSettings(stackSettings, resolvedSettings({ folder: old, project, name }, stackSettings));
      return settings === undefined ? [] : [[name, settings] as const];
    });
    return new Map(all);
  });
}
