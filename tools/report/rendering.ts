import type { Changes, Declared, ResourceChange } from "../../components/workload/change.ts";
import { mlStack } from "../../infra/ml-stack.ts";
import { type Models, unaskedModels } from "../../infra/models.ts";
import { emptyPlatform } from "../../infra/platform.ts";
import { declareOn } from "../../infra/program.ts";
import { withSecretOutputs } from "../../infra/read.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { type Registration, recorded } from "../settings/recording.ts";
import type { Stack } from "../setup/stack.ts";
import { differingPaths } from "./paths.ts";

/** A resource as the program declares it with placeholders for its secrets. */
export interface Rendering {
  readonly urn: string;
  readonly declared: Declared;
  /** Its inputs with those placeholders: only to compare. */
  readonly opened: Readonly<Record<string, unknown>>;
}

/** What several renderings of one stack share: what a state would keep, such as generated passwords. */
export type Kept = Map<string, unknown>;

/** What the program declares with these settings, without an engine. @param models versions that are served; default: unknown ones */
export async function rendered(stack: Stack, settings: StackSettings, kept: Kept, models?: Models): Promise<Rendering[]> {
  const all = await recorded(
    stack,
    async () => {
      const secret = withSecretOutputs(stackSettings, settings);
      await declareOn(await emptyPlatform(secret.platform), secret, (system) => mlStack(system, secret, models ?? unaskedModels(secret)));
    },
    { kept },
  );
  const byUrn = new Map(all.map((one) => [one.urn, one]));
  return all.map((one) => {
    const declared = declaredBy(one, byUrn);
    return { urn: urnOf(stack, declared), opened: one.opened, declared };
  });
}

/** As the engine would name it, and the state does. */
function urnOf({ name: stack, project }: Stack, { within, type, name }: Declared): string {
  return `urn:pulumi:${stack}::${project}::${[...within, type].join("$")}::${name}`;
}

function declaredBy(one: Registration, byUrn: ReadonlyMap<string, Registration>): Declared {
  const { type, name, inputs, retained } = one;
  const under: string[] = [];
  const within: string[] = [];
  for (let above = byUrn.get(one.parent); above !== undefined; above = byUrn.get(above.parent)) {
    under.unshift(above.name);
    within.unshift(above.type);
  }
  return { type, name, inputs, retained, under, within };
}

/** What a deployment would change between two renderings, as the adapter's rules say. */
export function changesBetween(before: readonly Rendering[], after: readonly Rendering[], rules: Changes): ResourceChange[] {
  const old = new Map(before.map((one) => [one.urn, one]));
  const now = new Map(after.map((one) => [one.urn, one]));
  const pairs = [...new Set([...old.keys(), ...now.keys()])].map((urn): ResourceChange => {
    const [one, other] = [old.get(urn), now.get(urn)];
    return { step: "same", before: one?.declared, after: other?.declared, changed: changedPaths(one, other, rules) };
  });
  return [...rules.settled(pairs)];
}

function changedPaths(before: Rendering | undefined, after: Rendering | undefined, rules: Changes): string[] {
  if (before === undefined || after === undefined) return [];
  const [one, other] = [before, after].map(({ declared, opened }) => rules.comparable({ ...declared, inputs: opened }));
  return differingPaths(one, other);
}
