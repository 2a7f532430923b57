import type { Statement } from "../../infra/layers/explain.ts";
import { placeText } from "../../infra/layers/mistake-text.ts";
import { pathOf, textOf } from "../../infra/layers/path.ts";
import { stackSettings } from "../../infra/stack.ts";
import { type Explanation, explanationOf, explanationsOf, masked, valuesOf } from "../settings/explanation.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { asJson, originOf, shown, table } from "../settings/table.ts";
import type { Stack } from "../setup/stack.ts";

/** Prints where the value of one setting comes from, or of all; the places of defaults have to be noted before it is loaded. */
export function explain(stack: Stack, text: string | undefined, { json = false }: { readonly json?: boolean }): number {
  const resolved = resolvedSettings(stack, stackSettings);
  if (text === undefined) {
    const all = explanationsOf(stackSettings, resolved);
    process.stdout.write(json ? asJson(all) : linesOf(all));
    return 0;
  }
  const one = explanationOf(stackSettings, resolved, pathOf(text));
  process.stdout.write(json ? asJson(one) : textFor(one));
  return 0;
}

/** Prints which settings a field of a container or object comes from, each explained. */
export async function explainField(
  stack: Stack,
  name: string,
  field: string,
  { json = false }: { readonly json?: boolean },
): Promise<number> {
  const resolved = resolvedSettings(stack, stackSettings);
  // The only part that needs the SDK.
  const { causesOf } = await import("../settings/cause.ts");
  const { resource, value, settings } = await causesOf(stack, valuesOf(stackSettings, resolved) as Record<string, unknown>, name, field);
  const explained = settings.map((path) => explanationOf(stackSettings, resolved, path));
  if (json) process.stdout.write(asJson({ resource, field, value: masked(value), settings: explained }));
  else {
    const origin = explained.length === 0 ? "  derived by the program: no setting changes it\n" : explained.map(textFor).join("");
    process.stdout.write(`${resource}: ${field} = ${shown(masked(value))}\n${origin}`);
  }
  return 0;
}

/** The value, then each layer that says it with the one that holds first, then the default. */
export function textFor({ path, value, layers, silent, default: standard, text }: Explanation): string {
  const rows = [
    ...layers.map((one) => [placeOf(one), said(one), one.holds ? "holds" : "replaced"]),
    [standard.position === undefined ? "" : placeText(standard.position), shown(standard.value), "default"],
  ];
  const looked = layers.length === 0 && silent.length > 0 ? [`no layer says it; looked at ${silent.join(", ")}`] : [];
  return `${[`${path} = ${shown(value)}`, ...(text === "" ? [] : [`  ${text}`]), ...looked.map((line) => `  ${line}`), ...table(rows)].join("\n")}\n`;
}

/** One line a setting: its value, and the place that it comes from. */
function linesOf(all: readonly Explanation[]): string {
  const rows = all.map((one) => [one.path, shown(one.value), originOf(one)]);
  return `${table(rows, "").join("\n")}\n`;
}

function placeOf({ file, position }: Statement): string {
  return position === undefined ? file : placeText(position);
}

function said({ does, value, around }: Statement): string {
  const what = does === "sets" ? shown(value) : does === "takes away" ? "null" : "back to the default";
  return around === undefined ? what : `${what} (of ${textOf(around)})`;
}
