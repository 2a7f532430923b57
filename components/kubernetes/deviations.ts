import type { Drift } from "../workload/drift.ts";
import type { LostField } from "./drift.ts";
import type { Existing } from "./existing.ts";

/** Fields that one line names. */
const NAMED = 3;
/** Who changes the number of replicas where an autoscaler decides it. */
const AUTOSCALER = "kube-controller-manager";

/** Objects of a noun that are gone. @param title of the noun, e.g. `service "db"` · @param objects as messages name them */
export function gone(title: string, objects: readonly string[]): Drift {
  const again = (what: string, outcome: string, next: Drift["next"] = "made again") => ({ subject: title, what, next, outcome });
  if (objects.some((object) => object.startsWith("PersistentVolumeClaim")))
    return again("is gone, and its data with it", "it will be made again, empty, and jobs that fill it run again");
  const isJob = objects.some((object) => object.startsWith("Job"));
  if (title.startsWith("gang") && isJob) return again("is gone", "it will start again, from its last checkpoint", "started again");
  if (title.startsWith("job") && isJob) return again("is gone", "it will run again", "run again");
  const [first = "", ...others] = objects;
  const list = others.length === 0 ? first : `${objects.slice(0, -1).join(", ")} and ${others.at(-1)}`;
  return {
    subject: `${title}: ${list}`,
    what: others.length === 0 ? "is gone" : "are gone",
    next: "made again",
    outcome: "will be made again",
  };
}

/** Fields of an object that are no longer as they were declared. @param declared of it */
export function changed(title: string, object: string, lost: readonly LostField[], declared: object, { spec }: Existing): Drift[] {
  const replicas = lost.find(({ path }) => path === "spec.replicas");
  const others = lost.filter((field) => field !== replicas);
  const wanted: unknown = Reflect.get(Object(Reflect.get(declared, "spec")), "replicas");
  // Who has scaled it back by hand has put it right; an autoscaler goes on to decide.
  const isRight = replicas === undefined || (replicas.by !== AUTOSCALER && wanted === spec?.replicas);
  return [
    ...(isRight ? [] : [scaled(title, replicas, wanted, spec?.replicas)]),
    ...(others.length === 0
      ? []
      : [
          {
            subject: `${title}: ${object}`,
            what: `was changed by hand (${whoOf(others)})`,
            next: "put right",
            outcome: `${pathsOf(others)} will be as declared again`,
          } as const,
        ]),
  ];
}

/** Fields that lie beside the declared ones. */
export function extended(title: string, object: string, further: readonly LostField[]): Drift[] {
  if (further.length === 0) return [];
  return [
    {
      subject: `${title}: ${object}`,
      what: `has further fields by hand (${whoOf(further)})`,
      next: "left alone",
      outcome: `${pathsOf(further)} ${further.length === 1 ? "stays" : "stay"}`,
    },
  ];
}

function scaled(title: string, { by }: LostField, wanted: unknown, is: number | undefined): Drift {
  const who = by === AUTOSCALER ? "by an autoscaler" : "by hand";
  const remedy = by === AUTOSCALER ? "; the stack decides its replicas: remove the autoscaler, or set replicas" : "";
  return { subject: title, what: `was scaled to ${is} ${who}`, next: "put right", outcome: `${wanted} again${remedy}` };
}

function whoOf(fields: readonly LostField[]): string {
  return [...new Set(fields.map(({ by }) => by ?? "removed"))].sort().join(", ");
}

function pathsOf(fields: readonly LostField[]): string {
  const more = fields.length > NAMED ? ` and ${fields.length - NAMED} more` : "";
  return `${fields
    .slice(0, NAMED)
    .map(({ path }) => path)
    .join(", ")}${more}`;
}
