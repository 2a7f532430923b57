import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ResourceChange } from "../../components/workload/change.ts";
import { changesOn } from "../../infra/platform.ts";
import { replaceSecrets, secretPlaces } from "../../infra/secrets.ts";
import { type StackSettings, stackSettings } from "../../infra/stack.ts";
import { type Found, findingsOf } from "../../tools/report/findings.ts";
import { changesBetween, type Kept, type Rendering, rendered } from "../../tools/report/rendering.ts";
import type { ByHand, Labelled, Said } from "./labelled.ts";
import { valuesSaid } from "./said.ts";

export type Target = "docker" | "kubernetes";

const folder = mkdtempSync(join(tmpdir(), "mlstack-labelled-"));
writeFileSync(join(folder, "Pulumi.yaml"), "name: shop\n");
const stack = { folder, project: "shop", name: "test" };
/** What a state would keep of generated secrets, for each target. */
const kept: Record<Target, Kept> = { docker: new Map(), kubernetes: new Map() };
const known = new Map<string, Promise<Rendering[]>>();

/** Everything that a report finds for one change. */
export async function foundFor(one: Labelled, target: Target): Promise<Found[]> {
  const [start, end] = [settingsOf(target, one.start), settingsOf(target, { ...one.start, ...one.to })];
  const before = await renderingOf(start, target);
  const after = await renderingOf(end, target);
  const rules = await changesOn(target);
  const changes = changesBetween(before, after, rules).map((change) => byHand(change, one.hand));
  const all = one.hand?.kind === "foreign resource" ? [...changes, FOREIGN] : changes;
  const said = one.hand?.kind === "settings not known" ? undefined : masked(start);
  return findingsOf({ changes: all, before: said, after: masked(end), rules });
}

/** The base of a target with what is said besides. */
export function settingsOf(target: Target, said: Said = {}): StackSettings {
  return stackSettings.parse(valuesSaid(target, said));
}

/** Settings as a state keeps them. */
export function masked(settings: StackSettings): unknown {
  return JSON.parse(JSON.stringify(replaceSecrets(settings, secretPlaces(stackSettings), () => "(secret)")));
}

/** One rendering after another: the mocked engine is one of the whole process. */
let last: Promise<unknown> = Promise.resolve();

function renderingOf(settings: StackSettings, target: Target): Promise<Rendering[]> {
  const key = JSON.stringify(settings);
  const found = known.get(key) ?? last.then(() => rendered(stack, settings, kept[target]));
  last = found.catch(() => {});
  known.set(key, found);
  return found;
}

const FOREIGN: ResourceChange = {
  step: "create",
  before: undefined,
  after: { type: "random:index/randomId:RandomId", name: "own", inputs: {}, retained: false, within: [], under: [] },
  changed: [],
};

/** What the engine does where something was changed by hand: the adapters have it made again. */
function byHand(change: ResourceChange, hand: ByHand | undefined): ResourceChange {
  const resource = change.after;
  if (resource === undefined || hand === undefined || !("name" in hand) || resource.name !== hand.name) return change;
  const type = resource.type.split(":").at(-1) ?? "";
  const isIt =
    hand.kind === "made again"
      ? /^(Container|Deployment)$/.test(type)
      : hand.kind === "volume gone" && /^(Volume|PersistentVolumeClaim)$/.test(type);
  return isIt && !resource.type.startsWith("mlstack:") ? { ...change, step: "replace", changed: ["labels"] } : change;
}
