import { placeIn } from "../workload/adapter/place.ts";
import type { Deviation, Drift } from "../workload/drift.ts";
import type { StateResource } from "../workload/operations.ts";
import { deviationOf, dutyIn, filesGone, furtherNetworkOf, GONE, lostWork, strangeVolume } from "./drift.ts";
import { Engine } from "./engine.ts";
import type { EngineView } from "./engine-view.ts";
import { filesDeviations, filesDrift } from "./files-drift.ts";
import { WORKLOAD_LABEL } from "./labels.ts";
import { unlikenessOf } from "./likeness.ts";
import { Ownership, withOwner } from "./owner.ts";
import { type ContainerRecord, fileVolumesOf, recordIn, type StackRecord } from "./record.ts";
import { strangersOn } from "./strangers.ts";

/**
 * What on the engine is not as the last deployment of a stack left it, by the rules by which the next one decides. Nothing is
 * changed.
 *
 * @param resources what its state has; secrets in it need not be open
 * @throws RunError with the next command where no engine answers
 */
export async function dockerDrift(resources: readonly StateResource[], engine = new Engine()): Promise<Drift[]> {
  const record = recordIn(resources.map(({ urn, outputs = {} }) => ({ place: placeIn(urn), outputs })));
  const [stack = "", project = ""] = (resources[0]?.urn ?? "").replace(/^urn:pulumi:/, "").split("::");
  const label = `${project}/${stack}`;
  const ownership = new Ownership(label, record, "");
  const seen = await engine.look();
  const files = fileVolumesOf(record).map(({ name }) => name);
  const imitations = record.containers.flatMap((one) => {
    const other = seen.containers.get(one.name);
    return other === undefined || other.id === one.id ? [] : [{ one, id: other.id }];
  });
  const [details, contents, looks] = await Promise.all([
    engine.details(record.containers.map(({ id }) => id)),
    engine.files(files, seen),
    Promise.all(imitations.map(async ({ one, id }) => ({ one, id, look: await engine.inspect(id) }))),
  ]);
  const view = withOwner({ ...seen, details, files: contents }, ownership);
  const unlike = new Map(looks.map(({ one, id, look }) => [id, look === undefined ? [] : unlikenessOf(one, look)]));
  return [...declaredDrift(record, view), ...strangersOn(view, record, { stack: label, owner: record.owner }, unlike)];
}

/** What of a deployment is not as it was left. */
export function declaredDrift(record: StackRecord, view: EngineView): Drift[] {
  const networks = record.networks.filter(({ id }) => !view.networks.some((one) => one.id === id));
  return [
    ...networks.map(({ name }) => ({ subject: `network ${name}`, ...GONE.network })),
    ...record.volumes.flatMap((one) => volumeDrift(one, record, view)),
    ...record.containers.flatMap((one) => containerDrift(one, record, view)),
  ];
}

function containerDrift(one: ContainerRecord, { volumes }: StackRecord, view: EngineView): Drift[] {
  const duty = dutyIn(one.place.types.at(-2) ?? "");
  const now = view.details.get(one.id);
  const filled = duty === "works" ? volumesFilledBy(one).filter((name) => isGone(name, view)) : [];
  const lost = lostWork(filled.map((name) => volumes.find((volume) => volume.name === name)?.place.name ?? name));
  const deviation = lost ?? deviationOf(one, now, duty) ?? furtherNetworkOf(one, now, duty);
  return of(one.place.name, deviation);
}

function volumeDrift(one: StackRecord["volumes"][number], record: StackRecord, view: EngineView): Drift[] {
  const now = view.volumes.find(({ name }) => name === one.name);
  const { name } = one.place;
  if (!fileVolumesOf(record).includes(one)) return of(`volume ${name}`, now === undefined ? GONE.volume : strangeVolume(one, now));
  if (now === undefined) return of(`volume ${name}`, filesGone(one.labels[WORKLOAD_LABEL] ?? name));
  const carrier = record.containers.find(({ place, mounts }) => place.name === name && mounts.some(({ source }) => source === one.name));
  const written = Object.fromEntries((carrier?.uploads ?? []).map(({ file, content }) => [file.split("/").at(-1) ?? "", content]));
  const drift = carrier === undefined ? undefined : filesDrift(written, view.files.get(one.name));
  return (drift === undefined ? [] : filesDeviations(drift, one.name)).flatMap((deviation) =>
    of(`files ${one.labels[WORKLOAD_LABEL] ?? name}`, deviation),
  );
}

/** Volumes that work writes to. */
function volumesFilledBy({ mounts, uploads }: ContainerRecord): string[] {
  if (uploads.length > 0) return [];
  return mounts.flatMap(({ type, source, readOnly }) =>
    type === "volume" && readOnly !== true && typeof source === "string" ? [source] : [],
  );
}

function isGone(volume: string, { volumes }: EngineView): boolean {
  return !volumes.some(({ name }) => name === volume);
}

function of(subject: string, deviation: Deviation | undefined): Drift[] {
  return deviation === undefined ? [] : [{ subject, ...deviation }];
}
