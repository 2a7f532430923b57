import { type PinnedModel, partsOf, pinnedModel, readDeployed } from "../components/model/pin.ts";
import { refuseMovedModels } from "./approved.ts";
import type { StackSettings } from "./stack.ts";

/** The model versions that a stack serves, by the place that serves them: `api`, `api/canary`, `api/shadow`. */
export type Models = Readonly<Record<string, PinnedModel | undefined>>;

/** Asks the model registry which versions the stack's references name now. No reference: nothing is asked. */
export async function pinnedModels({ serving, tracking }: StackSettings): Promise<Models> {
  const wanted = wantedModels(serving);
  if (wanted.length === 0) return {};
  const before = await readDeployed();
  const login = tracking?.admin;
  const registry = before.registry === undefined ? undefined : { url: before.registry, ...login };
  const unasked =
    tracking?.publish === undefined
      ? "MLflow is not published (mlstack:tracking.publish), so that it cannot be asked from here"
      : undefined;
  const found = await Promise.all(wanted.map(({ place, reference }) => pinnedModel(reference, { place, registry, unasked, before })));
  const models = Object.fromEntries(wanted.map(({ place }, index) => [place, found[index]]));
  refuseMovedModels(models);
  return models;
}

/** Placeholders of the versions where no registry is asked, e.g. in a rendering of what would be applied. */
export function unaskedModels({ serving }: StackSettings): Models {
  return Object.fromEntries(
    wantedModels(serving).map(({ place, reference }) => {
      const { name, number } = partsOf(reference);
      return [place, { name, reference, version: number ?? "(version, known when the registry is asked)" }];
    }),
  );
}

function wantedModels(serving: StackSettings["serving"]): { place: string; reference: string }[] {
  const references = Object.entries(serving).flatMap(([name, { model, canary, shadow }]) => [
    [name, model] as const,
    [`${name}/canary`, canary?.model] as const,
    [`${name}/shadow`, shadow?.model] as const,
  ]);
  return references.flatMap(([place, reference]) => (reference === undefined ? [] : [{ place, reference }]));
}
