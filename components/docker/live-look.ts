import type Docker from "dockerode";

import {
  endText,
  type LastEnd,
  type LiveReplica,
  type LiveWorkload,
  memberMetricsPort,
  type StateResource,
  type StateWorkload,
  unreachable,
} from "../workload/adapter/index.ts";
import { placeIn } from "../workload/adapter/place.ts";
import { deviationText } from "../workload/drift.ts";
import { type Duty, deviationOf, hasGivenUp } from "./drift.ts";
import { endOf } from "./ends.ts";
import { containerDetail } from "./engine-view.ts";
import { httpPortIn } from "./probe.ts";
import { type ContainerRecord, recordIn, TYPES } from "./record.ts";
import { type Answered, givenUpText, stopText, troubleOf } from "./trouble.ts";

type Seen = Docker.ContainerInspectInfo;

/** What is known of a workload's containers. */
export interface Known {
  /** Containers that exist, by id. */
  readonly containers: ReadonlyMap<string, Seen>;
  /** What those answered to their readiness check that the engine has not seen ready, by container id. */
  readonly answers: ReadonlyMap<string, Answered>;
  /** The last ends that the engine remembers, by container id. */
  readonly ends: ReadonlyMap<string, LastEnd>;
  readonly now: number;
}

/** The containers of a workload as its last deployment left them. */
export function containersOf({ resources }: Pick<StateWorkload, "resources">): readonly ContainerRecord[] {
  const own = resources.filter(({ type }) => type === TYPES.container);
  return recordIn(own.map(({ urn, outputs = {} }: StateResource) => ({ place: placeIn(urn), outputs }))).containers;
}

/** A workload as it is now, by the rules by which a deployment and its preview judge it. */
export function liveWorkload(workload: StateWorkload, known: Known): LiveWorkload {
  const { resources: _, ...declared } = workload;
  const { kind } = workload;
  const records = containersOf(workload);
  const wanted = records.length;
  if (kind === "task")
    return { ...declared, kept: true, why: undefined, remarks: [], ready: 0, wanted: 0, doneAt: undefined, replicas: [] };
  const judged = [...records].sort(byName).map((record) => judge(kind, record, known));
  const replicas = judged.map(({ replica }) => replica);
  const ready = replicas.filter((replica) => replica.ready).length;
  const why = replicas.flatMap((replica) => (replica.why === undefined ? [] : [`${replica.name} ${replica.why}`]));
  return {
    ...declared,
    kept: wanted > 0 && ready === wanted,
    why: wanted === 0 ? UNMADE : why.length === 0 ? undefined : why.join("; "),
    remarks: judged.flatMap(({ remark, replica }) => (remark === undefined ? [] : [`${replica.name} ${remark}`])),
    ready,
    wanted,
    doneAt: kind === "service" ? undefined : doneAt(replicas),
    replicas,
  };
}

/** So that the eleventh comes behind the tenth. */
function byName(a: ContainerRecord, b: ContainerRecord): number {
  return a.place.name.localeCompare(b.place.name, "en", { numeric: true });
}

/** Of a workload whose containers a deployment that was interrupted has not come to. */
const UNMADE = "it has no container yet: the last deployment did not come to its end; npm start goes on with it";

interface Judged {
  readonly replica: LiveReplica;
  /** In which way it is not as it was made, though it does what it should. */
  readonly remark: string | undefined;
}

function judge(kind: "service" | "gang" | "job", record: ContainerRecord, { containers, answers, ends, now }: Known): Judged {
  const seen = containers.get(record.id);
  const duty = DUTIES[kind];
  const found = deviationOf(record, seen && containerDetail(seen), duty);
  const deviation = found && deviationText(found);
  const name = record.place.name;
  if (seen === undefined) {
    // Work that has succeeded is a result, with or without its container.
    const why = kind === "job" && record.exitCode === 0 ? undefined : (deviation ?? "is gone: it will run again");
    const nothing = { image: undefined, metricsPort: undefined, restarts: 0, since: undefined, lastEnd: undefined };
    return { replica: { name, object: record.name, ready: why === undefined, why, ...nothing }, remark: undefined };
  }
  const trouble = troubleIn(kind, seen, now, answers.get(seen.Id));
  const stopped = deviation !== undefined && !seen.State.Running ? deviation : undefined;
  const why = trouble === undefined ? undefined : (stopped ?? trouble);
  return {
    replica: {
      name,
      object: seen.Name.replace(/^\//, ""),
      ready: why === undefined,
      why,
      image: seen.Config.Image,
      metricsPort: metricsPortOf(kind, seen),
      restarts: seen.RestartCount,
      since: seen.State.Running ? seen.State.StartedAt : undefined,
      lastEnd: lastEndOf(seen, ends.get(seen.Id)),
    },
    remark: why === undefined ? deviation : undefined,
  };
}

const DUTIES = { service: "serves", gang: "trains", job: "works" } as const satisfies Readonly<Record<string, Duty>>;

/** Why a container does not do what it should, as the end of a sentence. */
function troubleIn(kind: "service" | "gang" | "job", seen: Seen, now: number, answered?: Answered): string | undefined {
  const { Running, Restarting, ExitCode } = seen.State;
  switch (kind) {
    case "service":
      return troubleOf(seen, now, answered);
    case "gang":
      if (!Running && !Restarting && ExitCode === 0 && seen.State.Status === "exited") return undefined;
      return hasGivenUp("trains", containerDetail(seen)) ? givenUpText(seen) : stopText(seen);
    case "job":
      if (Running) return "has not ended yet";
      return ExitCode === 0 && seen.State.Status === "exited" ? undefined : endText(endOf(seen, "its limit"), "failed");
    default:
      return unreachable(kind);
  }
}

function metricsPortOf(kind: "service" | "gang" | "job", { Config }: Seen): number | undefined {
  if (kind === "service") return httpPortIn(Config.Healthcheck?.Test);
  const variable = Config.Env?.find((one) => one.startsWith("METRICS_PORT="))?.slice("METRICS_PORT=".length);
  return kind === "gang" ? memberMetricsPort(variable) : undefined;
}

/** While a container runs again, only the engine's memory of events knows how it ended. */
function lastEndOf({ State }: Seen, remembered: LastEnd | undefined): LastEnd | undefined {
  const at = State.FinishedAt.startsWith("0001-") ? undefined : State.FinishedAt;
  if (at === undefined && remembered === undefined) return undefined;
  if (!State.Running || State.Restarting) return { at, exitCode: State.ExitCode, outOfMemory: State.OOMKilled };
  return { at: at ?? remembered?.at, exitCode: remembered?.exitCode, outOfMemory: remembered?.outOfMemory ?? false };
}

function doneAt(replicas: readonly LiveReplica[]): string | undefined {
  const ends = replicas.map(({ lastEnd, since }) => (since === undefined && lastEnd?.exitCode === 0 ? lastEnd.at : undefined));
  const known = ends.flatMap((at) => at ?? []);
  return known.length === replicas.length ? known.sort().at(-1) : undefined;
}
