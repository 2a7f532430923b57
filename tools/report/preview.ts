import { randomUUID } from "node:crypto";
import { resolve } from "node:path";

import { CHANCE } from "../../components/workload/chance.ts";
import type { Declared, ResourceChange } from "../../components/workload/change.ts";
import { SECRET_VALUE } from "../../components/workload/change.ts";
import { DEPLOYED } from "../../infra/deployed.ts";
import type { StackSettings } from "../../infra/stack.ts";
import { ROOT } from "../lib/folders.ts";
import { Problem } from "../lib/problem.ts";
import { run } from "../lib/run.ts";
import { settingsFile } from "../setup/secrets.ts";
import { ensureStack } from "../setup/settings.ts";
import { type Stack, trackedFile } from "../setup/stack.ts";
import { stateDigest } from "./compared.ts";
import { type Events, eventsIn } from "./events.ts";
import type { Rendering } from "./rendering.ts";

type Environment = Readonly<Record<string, string>>;

/** By this key the engine's events show that a value is secret. */
const OPAQUE = "4dabf18193072939515e22adb298388d";
const STACK = "pulumi:pulumi:Stack";

/** What a preview found, whoever made it. */
export interface Seen {
  readonly changes: readonly ResourceChange[];
  /** Settings of the last deployment; undefined where the state has none. */
  readonly before: unknown;
  /** Those that the program has read now, where it ran. */
  readonly given?: unknown;
  /** The stack's outputs before and after. */
  readonly outputs: { readonly before: unknown; readonly after: unknown };
  /** What chance depended on. */
  readonly chance?: string;
  readonly notes: Events["notes"];
  readonly strange: readonly string[];
  /** What the program declares, where it was rendered for the preview already. */
  readonly rendering?: {
    readonly settings: StackSettings;
    readonly now: readonly Rendering[];
    /** The same for other settings. */
    render(settings: StackSettings): Promise<readonly Rendering[]>;
  };
}

/** Rules that a preview checks: a folder with a policy pack, and a file with its settings, both from the project's own folder. */
export interface Packs {
  readonly policy?: string;
  readonly policyConfig?: string;
}

/**
 * Has the engine preview a stack.
 *
 * @param plan file that gets what the engine plans, for a deployment that does nothing else
 * @param chance what chance depends on; default: chance
 * @throws Problem with what the program or the engine says, where it cannot
 */
export async function previewed(
  stack: Stack,
  env: Environment,
  plan?: string,
  { policy, policyConfig }: Packs = {},
  chance: string = randomUUID(),
): Promise<Seen> {
  await ensureStack(stack, env);
  const file = await settingsFile(stack, env);
  const state = stateDigest(stack);
  const saved = plan === undefined ? [] : ["--save-plan", plan];
  const packs = [
    ...(policy === undefined ? [] : ["--policy-pack", resolve(ROOT, policy)]),
    ...(policyConfig === undefined ? [] : ["--policy-pack-config", resolve(ROOT, policyConfig)]),
  ];
  const words = [
    "preview",
    "--json",
    "--show-sames",
    "--non-interactive",
    "--stack",
    stack.name,
    "--config-file",
    file,
    ...saved,
    ...packs,
  ];
  const own = {
    PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
    MLSTACK_STACK_FILE: file,
    MLSTACK_STACK_SOURCE: trackedFile(stack),
    [CHANCE]: chance,
  };
  const { code, output, text } = await run("pulumi", words, { cwd: stack.folder, env: { ...env, ...own } });
  const { changes, outputs, notes, complete, strange } = eventsIn(output);
  if (code !== 0 || !complete) {
    const errors = notes.filter(({ severity }) => severity === "error").map((note) => note.text);
    throw new Problem(errors.length > 0 ? errors.join("\n") : lastOf(text));
  }
  if (stateDigest(stack) !== state)
    throw new Problem(`stack ${stack.name} of ${stack.project} was deployed meanwhile; run this command again`);
  const [before, given] = [outputs.get(DEPLOYED.type)?.before, outputs.get(DEPLOYED.type)?.after].map(settingsIn);
  const ends = outputs.get(STACK);
  return { changes, before, given, outputs: { before: ends?.before, after: ends?.after }, chance, notes: notes.filter(isOfUsers), strange };
}

function settingsIn(deployed: unknown): unknown {
  return typeof deployed === "object" && deployed !== null ? Reflect.get(deployed, "settings") : undefined;
}

/** Lines that are no events; never those of the engine's makers, which may show a secret. */
function lastOf(text: string): string {
  return text
    .split("\n")
    .filter((line) => !line.startsWith("{"))
    .slice(-15)
    .join("\n");
}

/** A model's version has a line of its own in the report. */
function isOfUsers({ text }: Events["notes"][number]): boolean {
  return !/^model \S+: version /.test(text);
}

/** The changes with the names of their secret variables: events hide those with the values, and the program's own rendering has them. */
export function withNames(changes: readonly ResourceChange[], rendering: readonly Rendering[]): ResourceChange[] {
  const known = new Map(rendering.map(({ declared }) => [keyOf(declared), declared]));
  return changes.map((change) => {
    const { before, after } = change;
    const named = after === undefined ? undefined : known.get(keyOf(after));
    return {
      ...change,
      before: before && { ...before, inputs: shown(before.inputs) },
      after: after && { ...after, inputs: { ...shown(after.inputs), ...namesIn(shown(after.inputs), named) } },
    };
  });
}

function keyOf({ within, type, name }: Declared): string {
  return [...within, type, name].join(" ");
}

function shown(inputs: Declared["inputs"]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, withoutMarks(value)]));
}

function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (typeof value !== "object" || value === null) return value;
  if (OPAQUE in value) return SECRET_VALUE;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutMarks(inner)]));
}

function namesIn(inputs: Readonly<Record<string, unknown>>, named: Declared | undefined): Record<string, unknown> {
  const hidden = Object.keys(inputs).filter((key) => inputs[key] === SECRET_VALUE && named?.inputs[key] !== undefined);
  return Object.fromEntries(hidden.map((key) => [key, named?.inputs[key]]));
}
