import type { Changes } from "../../components/workload/change.ts";
import { valueAt } from "../../components/workload/values.ts";
import { statementsOf } from "../../infra/layers/explain.ts";
import { textOf } from "../../infra/layers/path.ts";
import { withValue } from "../../infra/layers/plain.ts";
import type { Resolved } from "../../infra/layers/resolve.ts";
import type { Path } from "../../infra/layers/said.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { shown } from "../settings/table.ts";
import { differingPaths } from "./paths.ts";
import type { Rendering } from "./rendering.ts";
import type { SettingCause } from "./schema.ts";

/** Most settings that are put back one by one to see what each does; beyond, all that differ count for what they may do. */
const MOST = 8;

/** Which resources each changed setting decides over, by the setting's path and `type name`. */
export type Influence = ReadonlyMap<string, ReadonlySet<string>>;

/** What decides over a resource, as its rendering names it. */
export function resourceKey({ type, name }: { readonly type: string; readonly name: string }): string {
  return `${type} ${name}`;
}

/**
 * Finds what each changed setting does, by putting it back alone and rendering again: no second copy of what components do is
 * needed for it, or can be wrong.
 *
 * @param render what the program declares with some settings; undefined where these are wrong together
 */
export async function influenceOf(
  paths: readonly Path[],
  { before, after }: { readonly before: unknown; readonly after: StackSettings },
  now: readonly Rendering[],
  render: (settings: StackSettings) => Promise<readonly Rendering[] | undefined>,
  rules: Changes,
): Promise<Influence> {
  const found = new Map<string, ReadonlySet<string>>();
  if (paths.length > MOST) return found;
  for (const path of paths) {
    const old = valueAt(before, path);
    const { data } = stackSettings.safeParse(withValue({ ...after }, path, old));
    const other = data === undefined ? undefined : await render(data);
    if (other !== undefined) found.set(textOf(path), differing(other, now, rules));
  }
  return found;
}

/** By what counts: each rendering marks what does not exist yet with something new. */
function differing(before: readonly Rendering[], after: readonly Rendering[], rules: Changes): Set<string> {
  const inputsOf = ({ declared, opened }: Rendering) => [resourceKey(declared), rules.comparable({ ...declared, inputs: opened })] as const;
  const [one, other] = [before, after].map((all) => new Map(all.map(inputsOf)));
  const keys = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])];
  return new Set(keys.filter((key) => differingPaths(one?.get(key), other?.get(key)).length > 0));
}

/** Which of the changed settings decide over these resources: those that are known to, else all that nothing is known of. */
export function causesFor(paths: readonly Path[], influence: Influence, resources: readonly string[]): Path[] {
  const known = paths.filter((path) => resources.some((one) => influence.get(textOf(path))?.has(one) === true));
  return known.length > 0 ? known : paths.filter((path) => !influence.has(textOf(path)));
}

/** A changed setting, with the layer and line that says it now. */
export function causeAt(path: Path, before: unknown, after: unknown, resolved: Resolved): SettingCause {
  const [was, is] = [valueAt(before, path), valueAt(after, path)];
  const winner = statementsOf(resolved, path).statements.find(({ holds, does }) => holds && does !== "resets");
  return {
    setting: textOf(path),
    before: was === undefined ? null : shown(was),
    after: is === undefined ? null : shown(is),
    file: winner?.position?.file ?? winner?.file ?? null,
    line: winner?.position?.line ?? null,
  };
}
