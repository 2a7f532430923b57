import { SECRET_VALUE } from "../../components/workload/change.ts";
import { DEPLOYED } from "../../infra/deployed.ts";
import { changesOn } from "../../infra/platform.ts";
import { replaceSecrets, secretPlaces } from "../../infra/secrets.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { settingsOf } from "../settings/settings-of.ts";
import { checkpointOf } from "../setup/backend.ts";
import type { Stack } from "../setup/stack.ts";
import type { Seen } from "./preview.ts";
import { changesBetween, type Kept, rendered } from "./rendering.ts";

/** In the place of a secret: it keeps the rules for keys and passwords. */
const PLACEHOLDER = "a-secret-that-the-state-does-not-show";

/** What the last state says that this machine has of a stack. */
interface LastState {
  readonly urns: ReadonlySet<string>;
  readonly settings: unknown;
  readonly outputs: unknown;
}

/**
 * Compares what the program declares now with what it declared for the settings of the last deployment, as far as the last
 * state has it: without an engine, a cluster or a password. Whether a secret's value changes cannot be seen so.
 *
 * @param base settings that take the place of the last deployment's where no state of the stack is here
 */
export async function seenOffline(stack: Stack, kept: Kept = new Map(), base?: StackSettings): Promise<Seen> {
  if (base !== undefined && checkpointOf(stack)?.resources === undefined) return seenAgainst(base, stack, kept);
  const state = lastState(stack);
  const settings = settingsOf(stack);
  const rules = await changesOn(settings.platform.kind);
  const now = await rendered(stack, settings, kept);
  const former = state.settings === undefined ? undefined : formerSettings(state.settings);
  const before = former === undefined ? now : await rendered(stack, former, kept);
  const there = before.filter(({ urn }) => state.urns.has(urn));
  const strange = former === undefined && state.urns.size > 0 ? ["compare with settings that the last state does not have"] : [];
  const changes = changesBetween(there, now, rules);
  // No registry of models was asked: the versions that are served stay, as far as is known here.
  const outputs = { before: state.outputs, after: state.outputs };
  const text =
    "made offline, against the last state: what was changed by hand, another value of a secret, and other versions of models are not seen";
  return { changes, before: state.settings, outputs, notes: [{ severity: "warning", text }], strange };
}

/** Where nothing is known of what runs: as if it had been deployed with the settings of a commit. */
async function seenAgainst(base: StackSettings, stack: Stack, kept: Kept): Promise<Seen> {
  const settings = settingsOf(stack);
  const rules = await changesOn(settings.platform.kind);
  const before = await rendered(stack, base, kept);
  const changes = changesBetween(before, await rendered(stack, settings, kept), rules);
  const said = JSON.parse(JSON.stringify(replaceSecrets(base, secretPlaces(stackSettings), () => SECRET_VALUE)));
  const text =
    "made offline, against the settings of a commit: what runs, what was changed by hand, another value of a secret, and other versions of models are not seen";
  return { changes, before: said, outputs: { before: {}, after: {} }, notes: [{ severity: "warning", text }], strange: [] };
}

function lastState(stack: Stack): LastState {
  const resources = checkpointOf(stack)?.resources ?? [];
  const outputsOf = (type: string) => resources.find((one) => one.type === type)?.outputs;
  return {
    urns: new Set(resources.map(({ urn }) => urn)),
    settings: outputsOf(DEPLOYED.type)?.["settings"],
    outputs: outputsOf("pulumi:pulumi:Stack"),
  };
}

/** Settings of the state as the program reads them; undefined where they are of another release's form. */
function formerSettings(said: unknown): StackSettings | undefined {
  return stackSettings.safeParse(filled(said, [])).data;
}

/** With something else in the place of each secret, since no two customers may have the same key. */
function filled(value: unknown, path: readonly string[]): unknown {
  if (value === SECRET_VALUE) return `${PLACEHOLDER}-${path.join("-")}`;
  if (Array.isArray(value)) return value.map((one, index) => filled(one, [...path, String(index)]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, [...path, key])]));
}
