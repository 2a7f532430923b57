import { isDeepStrictEqual } from "node:util";

import { type Changes, SECRET_VALUE } from "../../components/workload/change.ts";
import { unreadSecret } from "../../components/workload/index.ts";
import { valueAt } from "../../components/workload/values.ts";
import { changesOn } from "../../infra/platform.ts";
import { replaceSecrets, secretPlaces } from "../../infra/secrets.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { settingsOf } from "../settings/settings-of.ts";
import type { Stack } from "../setup/stack.ts";
import { declaredIn, type Former, formerOf, outputsOf } from "./former.ts";
import type { Seen } from "./preview.ts";
import { changesBetween, type Kept, type Rendering, rendered } from "./rendering.ts";
import { toldBy } from "./told.ts";

/** Of the engine itself, or of the program alone. */
const OWN = /^(mlstack|pulumi):/;
/**
 * Compares what the program declares now with what the last deployment left in the state, as far as that can be read: without an
 * engine, a cluster or a password. Whether a secret's value changes cannot be seen so.
 *
 * @param base settings that take the place of the last deployment's where no state of the stack is here
 */
export async function seenOffline(stack: Stack, kept: Kept = new Map(), base?: StackSettings): Promise<Seen> {
  const former = formerOf(stack);
  if (base !== undefined && former.resources.size === 0) return seenAgainst(withPlaceholders(base), stack, kept);
  // With the same in the place of each secret on both sides.
  const given = withPlaceholders(settingsOf(stack));
  // What images are built on is the choice of the machine that deploys.
  const baseImage = valueAt(former.settings, ["baseImage"]);
  const settings = typeof baseImage === "string" ? { ...given, baseImage } : given;
  const rules = await changesOn(settings.platform.kind);
  const now = await rendered(stack, settings, kept, { outputs: outputsOf(former, "now") });
  const known = former.settings === undefined ? undefined : formerSettings(former.settings);
  // Most stacks of many are as they were: for them one rendering stands for both.
  const isAsBefore = isDeepStrictEqual(JSON.parse(JSON.stringify(known ?? settings)), JSON.parse(JSON.stringify(settings)));
  const then =
    isAsBefore && hasImagesOf(former, now)
      ? now
      : await rendered(stack, known ?? settings, kept, { outputs: outputsOf(former, "deployed") });
  const changes = changesBetween(deployedBy(former, then, rules), now, rules);
  // No registry of models was asked: the versions that are served stay, as far as is known here.
  const outputs = { before: former.outputs, after: former.outputs };
  const text =
    "made offline, against the last state: what was changed by hand, another value of a secret, and other versions of models are not seen";
  const render = (other: StackSettings) => rendered(stack, other, kept, { outputs: outputsOf(former, "now") });
  return {
    changes,
    before: former.settings,
    outputs,
    notes: [{ severity: "warning", text }],
    strange: [],
    rendering: { settings, now, render },
  };
}

/** Where nothing is known of what runs: as if it had been deployed with the settings of a commit. */
async function seenAgainst(base: StackSettings, stack: Stack, kept: Kept): Promise<Seen> {
  const settings = withPlaceholders(settingsOf(stack));
  const rules = await changesOn(settings.platform.kind);
  const before = await rendered(stack, base, kept);
  const render = (other: StackSettings) => rendered(stack, other, kept);
  const now = await render(settings);
  const changes = changesBetween(before, now, rules);
  const said = JSON.parse(JSON.stringify(replaceSecrets(base, secretPlaces(stackSettings), () => SECRET_VALUE)));
  const text =
    "made offline, against the settings of a commit: what runs, what was changed by hand, another value of a secret, and other versions of models are not seen";
  return {
    changes,
    before: said,
    outputs: { before: {}, after: {} },
    notes: [{ severity: "warning", text }],
    strange: [],
    rendering: { settings, now, render },
  };
}

/** Whether every image that the stack declares is the one that was deployed. */
function hasImagesOf({ resources }: Former, now: readonly Rendering[]): boolean {
  const images = now.filter(({ declared }) => /:R(emote|egistry)Image$/.test(declared.type));
  return images.every(({ urn, opened }) => resources.get(urn)?.inputs?.["name"] === opened["name"]);
}

/** Everything of the state, each under the URN that it has in the rendering, with what the state has encrypted as that has it. */
function deployedBy(former: Former, then: readonly Rendering[], rules: Changes): Rendering[] {
  const found = new Map(
    then.flatMap((one) => {
      const urn = [one.urn, ...one.formerUrns].find((each) => former.resources.has(each));
      return urn === undefined ? [] : [[urn, one] as const];
    }),
  );
  return [...former.resources.values()].flatMap((resource): Rendering[] => {
    const one = found.get(resource.urn);
    if (one === undefined && OWN.test(resource.type)) return [];
    const declared = declaredIn(former, resource);
    if (one === undefined) {
      // What carries a secret or a provider's own settings has no part in a report.
      const inputs = told({}, declared.inputs);
      return [{ urn: resource.urn, formerUrns: [], opened: inputs, declared: { ...declared, inputs } }];
    }
    const { name, within, under } = one.declared;
    const state = rules.comparable(declared);
    const [inputs, opened] = [one.declared.inputs, one.opened].map((each) =>
      told(rules.comparable({ ...one.declared, inputs: each }), state),
    );
    return [{ ...one, opened: opened ?? {}, declared: { ...declared, name, within, under, inputs: inputs ?? {} } }];
  });
}

function told(rendered: Rendering["opened"], state: Rendering["opened"]): Record<string, unknown> {
  return Object(toldBy(state, rendered));
}

function withPlaceholders(settings: StackSettings): StackSettings {
  return stackSettings.parse(
    filled(
      replaceSecrets(settings, secretPlaces(stackSettings), () => SECRET_VALUE),
      [],
    ),
  );
}

/** Settings of the state as the program reads them; undefined where they are of another release's form. */
function formerSettings(said: unknown): StackSettings | undefined {
  return stackSettings.safeParse(filled(said, [])).data;
}

/** With what stands for each secret. */
function filled(value: unknown, path: readonly string[]): unknown {
  if (value === SECRET_VALUE) return unreadSecret(path);
  if (Array.isArray(value)) return value.map((one, index) => filled(one, [...path, String(index)]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, [...path, key])]));
}
