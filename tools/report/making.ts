import { count } from "../../components/workload/index.ts";
import type { Models } from "../../infra/models.ts";
import { changesOn } from "../../infra/platform.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { valuesOf } from "../settings/explanation.ts";
import { resolvedSettings } from "../settings/resolved.ts";
import { settingsOf } from "../settings/settings-of.ts";
import type { Stack } from "../setup/stack.ts";
import { causeAt, causesFor, influenceOf, resourceKey } from "./causes.ts";
import { comparedWith } from "./compared.ts";
import { type Found, findingsOf } from "./findings.ts";
import { type Seen, withNames } from "./preview.ts";
import { type Kept, rendered } from "./rendering.ts";
import { REPORT_VERSION, type Report } from "./schema.ts";
import { changedParts } from "./setting-dangers.ts";
import { imagesOf, sumsOf } from "./sums.ts";
import { effectOf, type Thing, thingsIn } from "./things.ts";
import { partText } from "./words.ts";

/** What the settings say of each model, by the place that serves it. */
type References = Readonly<Record<string, string>>;

/** Makes the report of one stack from what a preview saw. @param source who previewed it */
export async function reportOf(stack: Stack, seen: Seen, source: Report["source"], kept: Kept = new Map()): Promise<Report> {
  const resolved = resolvedSettings(stack, stackSettings);
  const { settings, now, render } = await renderingOf(stack, seen, kept);
  const after = JSON.parse(JSON.stringify(maskedValues(valuesOf(stackSettings, resolved))));
  const rules = await changesOn(settings.platform.kind);
  const changes = withNames(seen.changes, now);
  const preview = { changes, before: withoutMachine(seen.before), after: withoutMachine(after), rules };
  const { things } = thingsIn(changes, rules);
  const found = [...findingsOf(preview), ...strangeOf(seen)];
  const paths = preview.before === undefined ? [] : changedParts(preview.before, preview.after);
  const changing = things.filter((thing) => effectOf(thing) !== "nothing");
  const influence =
    changing.length === 0
      ? new Map()
      : await influenceOf(paths, { before: preview.before, after: settings }, now, (other) => render(other).catch(() => undefined), rules);
  const causes = (own: readonly Thing[]) =>
    causesFor(paths, influence, own.flatMap(keysOf)).map((path) => causeAt(path, preview.before, preview.after, resolved));
  const findings = found.map(({ kind, subject, sentence, before, after: is, settings: own, things: about }) => ({
    kind,
    subject,
    sentence,
    causes:
      own.length > 0 ? own.map((path) => causeAt(path, preview.before, preview.after, resolved)) : about.length === 0 ? [] : causes(about),
    before,
    after: is,
  }));
  const parts = changing.map((thing) => ({
    thing,
    part: { name: thing.name, noun: thing.noun, effect: effectOf(thing), text: partText(thing), causes: causes([thing]) },
  }));
  const sections = [...new Set(parts.map(({ thing }) => thing.section))].sort();
  const isChange =
    changes.some(({ step, after: one, before: other }) => step !== "same" && !/^(mlstack|pulumi):/.test((one ?? other)?.type ?? "")) ||
    paths.length > 0;
  const report: Report = {
    version: REPORT_VERSION,
    project: stack.project,
    stack: stack.name,
    target: settings.platform.kind,
    source,
    changes: isChange,
    verdict: "",
    worst: findings[0]?.kind ?? null,
    findings,
    sums: sumsOf(things, seen.outputs, referencesIn(settings.serving)),
    components: sections.map((section) => ({
      section,
      parts: parts.filter(({ thing }) => thing.section === section).map(({ part }) => part),
    })),
    settings: paths.map((path) => causeAt(path, preview.before, preview.after, resolved)),
    counts: countsOf(changing),
    notes: seen.notes.map(({ severity, text }) => ({ severity, text })),
    compared: comparedWith(stack, resolved, { models: versionsIn(modelsOf(seen.outputs.after)), images: imagesOf(things) }),
    approval: null,
  };
  return { ...report, verdict: verdictOf(report, seen) };
}

/** What the program declares: as the preview has rendered it already, or with the models that it has found. */
async function renderingOf(stack: Stack, { rendering, outputs }: Seen, kept: Kept): Promise<NonNullable<Seen["rendering"]>> {
  if (rendering !== undefined) return rendering;
  const models = modelsOf(outputs.after);
  const render = (settings: StackSettings) => rendered(stack, settings, kept, { models });
  const settings = settingsOf(stack);
  return { settings, now: await render(settings), render };
}

function verdictOf({ project, stack, changes, findings, counts }: Report, { changes: all }: Seen): string {
  const who = `${project}/${stack}`;
  const parts = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const [worst, ...others] = findings;
  const isFirst = !all.some(({ before }) => before !== undefined && !/^(mlstack|pulumi):/.test(before.type));
  const what = isFirst
    ? `${count(parts, "part")} will be made`
    : parts === 0
      ? "settings change, and nothing that runs"
      : `${count(parts, "part")} will change`;
  if (worst === undefined) return changes ? `${who}: ${what}; no danger was found` : `${who}: no change`;
  const more = others.length === 0 ? "" : `; ${count(others.length, "further finding")}`;
  return `${who}: ${worst.kind}: ${worst.sentence}${more}`;
}

function strangeOf({ strange }: Seen): Found[] {
  return strange.map((step) => ({
    kind: "unknown",
    subject: step,
    sentence: `the engine will ${step}, and no rule says what that does`,
    before: null,
    after: null,
    things: [],
    settings: [],
  }));
}

function keysOf({ consequences }: Thing): string[] {
  return consequences.flatMap(({ change: { before, after } }) =>
    [before, after].flatMap((one) => (one === undefined ? [] : [resourceKey(one)])),
  );
}

function countsOf(things: readonly Thing[]): Report["counts"] {
  const counts: Report["counts"] = {};
  for (const thing of things) {
    const effect = effectOf(thing);
    counts[effect] = (counts[effect] ?? 0) + 1;
  }
  return counts;
}

/** The base image is the machine's, and no setting of the stack. */
function withoutMachine(values: unknown): unknown {
  if (typeof values !== "object" || values === null) return values;
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== "baseImage"));
}

/** Placeholders of secrets as the state keeps them. */
function maskedValues(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith("(secret)") ? "(secret)" : value;
  if (Array.isArray(value)) return value.map(maskedValues);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskedValues(inner)]));
}

/** The versions of models that a stack has as an output. */
export function modelsOf(outputs: unknown): Models | undefined {
  const pins: unknown = typeof outputs === "object" && outputs !== null ? Reflect.get(outputs, "models") : undefined;
  if (typeof pins !== "object" || pins === null) return undefined;
  const all = Object.entries(pins).flatMap(([place, pin]) => {
    const { name, version, sha256 } = Object(pin);
    return typeof name !== "string" || typeof version !== "string"
      ? []
      : [[place, { name, version, reference: `${name}/${version}`, ...(typeof sha256 === "string" ? { sha256 } : {}) }] as const];
  });
  return Object.fromEntries(all);
}

/** Each as `NAME/VERSION`, by the place that serves it. */
export function versionsIn(models: Models | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(models ?? {}).flatMap(([place, model]) => (model === undefined ? [] : [[place, `${model.name}/${model.version}`]])),
  );
}

function referencesIn(serving: ReturnType<typeof settingsOf>["serving"]): References {
  return Object.fromEntries(
    Object.entries(serving).flatMap(([name, { model, canary, shadow }]) => [
      ...(model === undefined ? [] : [[name, model]]),
      ...(canary === undefined ? [] : [[`${name}/canary`, canary.model]]),
      ...(shadow === undefined ? [] : [[`${name}/shadow`, shadow.model]]),
    ]),
  );
}
