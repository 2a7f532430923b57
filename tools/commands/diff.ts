import { count } from "../../components/workload/index.ts";
import { stackSettings } from "../../infra/stack.ts";
import { Problem } from "../lib/problem.ts";
import { type Difference, differencesOf } from "../settings/comparison.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { asJson, originOf, shown, table } from "../settings/table.ts";
import { type Selection, selectStack } from "../setup/stack.ts";

/** Prints the settings in which two stacks of a project differ. */
export function diff(selection: Selection, names: readonly string[], { json = false }: { readonly json?: boolean }): number {
  const [before, after, ...rest] = names;
  if (before === undefined || after === undefined || rest.length > 0) {
    throw new Problem(`diff compares two stacks, got ${names.length}; for example npm run diff -- -s dev -s prod`);
  }
  const [one, other] = [before, after].map((stack) => resolvedSettings(selectStack({ ...selection, stack }), stackSettings));
  if (one === undefined || other === undefined) return 1;
  const found = differencesOf(stackSettings, one, other);
  process.stdout.write(json ? asJson(found) : `${linesOf(found, before, after).join("\n")}\n`);
  return 0;
}

/** The value of each side, with the place that says it. */
export function linesOf(found: readonly Difference[], before: string, after: string): string[] {
  if (found.length === 0) return [`${before} and ${after} have the same settings`];
  const rows = found.flatMap(({ path, before: left, after: right }) => [
    [path, before, shown(left.value), originOf(left)],
    ["", after, shown(right.value), originOf(right)],
  ]);
  return [`${count(found.length, "setting")} of ${before} and ${after} ${found.length === 1 ? "differs" : "differ"}`, ...table(rows)];
}
