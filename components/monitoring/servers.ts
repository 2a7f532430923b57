import type * as w from "../workload/index.ts";
import type { Observed, ServerPart } from "./observed.ts";

/** Replicas of a model server, as a stack declares them. */
interface Server extends Pick<ServerPart, "target" | "replicas" | "features"> {
  /** The registered version that they load; undefined where the image brings its models. */
  readonly model: ServerPart["model"];
  /** Whether they have numbers; undefined where the settings do not say. */
  readonly metrics?: boolean | undefined;
  readonly readyPath: string;
}

/** What monitoring reads of them: with a model they are servers of `workloads/`, which have numbers and ask a golden request. */
export function observedServer({ target, replicas, features, model, metrics, readyPath }: Server): Observed {
  if (!(metrics ?? model !== undefined)) return { kind: "answers", target, path: readyPath };
  const version = model && { name: model.name, version: model.version };
  return { kind: "server", target, replicas, model: version, golden: model !== undefined, features };
}

/** The same of each version of one server that takes part in the traffic. */
export function observedServers(
  versions: readonly (Pick<Server, "target" | "replicas" | "model"> | undefined)[],
  { metrics, readyPath }: Pick<Server, "metrics" | "readyPath">,
  features: Server["features"],
): Observed[] {
  return versions.flatMap((version) => (version === undefined ? [] : [observedServer({ ...version, metrics, readyPath, features })]));
}

/** A version beside another, of one replica. */
export function oneOf(share: { readonly service: w.Service } | undefined, model: Server["model"]) {
  return share && { target: share.service, replicas: 1, model };
}
