import type { Changes, Declared, ResourceChange } from "../../components/workload/change.ts";
import { mlStack } from "../../infra/ml-stack.ts";
import { type Models, unaskedModels } from "../../infra/models.ts";
import { emptyPlatform } from "../../infra/platform.ts";
import { declareOn } from "../../infra/program.ts";
import { withSecretOutputs } from "../../infra/read.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { type FormerPlace, type Outputs, type Registration, recorded } from "../settings/recording.ts";
import type { Stack } from "../setup/stack.ts";
import { differingPaths } from "./paths.ts";

/** A resource as the program declares it with placeholders for its secrets. */
export interface Rendering {
  readonly urn: string;
  /** URNs that it may have had at an earlier deployment. */
  readonly formerUrns: readonly string[];
  readonly declared: Declared;
  /** Its inputs with those placeholders: only to compare. */
  readonly opened: Readonly<Record<string, unknown>>;
}

/** What several renderings of one stack share: what a state would keep, such as generated passwords. */
export type Kept = Map<string, unknown>;

/** What is known beyond the settings. */
export interface Known {
  /** Versions that are served; default: unknown ones. */
  readonly models?: Models | undefined;
  /** What an engine is known to give. */
  readonly outputs?: Outputs;
}

/** What the program declares with these settings, without an engine. */
export async function rendered(stack: Stack, settings: StackSettings, kept: Kept, { models, outputs }: Known = {}): Promise<Rendering[]> {
  const all = await recorded(
    stack,
    async () => {
      const secret = withSecretOutputs(stackSettings, settings);
      await declareOn(await emptyPlatform(secret.platform), secret, (system) => mlStack(system, secret, models ?? unaskedModels(secret)));
    },
    { kept, ...(outputs === undefined ? {} : { outputs }) },
  );
  const byUrn = new Map(all.map((one) => [one.urn, one]));
  return all.map((one) => {
    const [urn = "", ...formerUrns] = placesOf(one, byUrn).map(({ types, name }) => urnOf(stack, types, name));
    return { urn, formerUrns, opened: one.opened, declared: declaredBy(one, byUrn) };
  });
}

/** Types from the outside in, and a name. */
interface Place {
  readonly types: readonly string[];
  readonly name: string;
}

/** Where a resource is, and then where it may have been: by aliases of its own, and of all that it is a child of. */
function placesOf(one: Registration, byUrn: ReadonlyMap<string, Registration>): Place[] {
  const above = (urn: string): Place[] => {
    const parent = byUrn.get(urn);
    return parent === undefined ? [{ types: [], name: "" }] : placesOf(parent, byUrn);
  };
  const all = [{}, ...one.aliases].flatMap(({ type = one.type, name = one.name, parent = one.parent }: FormerPlace) =>
    above(parent).map(({ types }) => ({ types: [...types, type], name })),
  );
  return [...new Map(all.map((place) => [JSON.stringify(place), place])).values()];
}

/** As the engine would name it, and the state does. */
function urnOf({ name: stack, project }: Stack, types: readonly string[], name: string): string {
  return `urn:pulumi:${stack}::${project}::${types.join("$")}::${name}`;
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
