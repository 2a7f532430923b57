import type { LiveReplica, LiveWorkload, StateResource } from "../../components/workload/operations.ts";

const ROOT = "urn:pulumi:dev::shop::";

/** A state with `mlstack:<target>:…` nouns below components: each place is `Type:name/Type:name/…`, the last one the resource itself. */
export function aState(...places: readonly (readonly [place: string, more?: Partial<StateResource>])[]): StateResource[] {
  const state: StateResource[] = [{ type: "pulumi:pulumi:Stack", urn: `${ROOT}pulumi:pulumi:Stack::shop-dev` }];
  for (const [place, more = {}] of places) {
    const steps = place.split(" / ").map((step) => step.split("=") as [type: string, name: string]);
    const urns = steps.map((_, index) => {
      const types = steps.slice(0, index + 1).map(([type]) => type);
      return `${ROOT}${types.join("$")}::${steps[index]?.[1]}`;
    });
    for (const [index, urn] of urns.entries()) {
      const [type] = steps[index] ?? [""];
      const parent = urns[index - 1] ?? state[0]?.urn ?? "";
      const known = state.findIndex((one) => one.urn === urn);
      const isLast = index === steps.length - 1;
      if (known < 0) state.push({ type, urn, parent, ...(isLast ? more : {}) });
    }
  }
  return state;
}

export const FEATURES = "mlstack:index:MlStack=ml / mlstack:index:FeatureStack=features";

export function aReplica(name: string, changes: Partial<LiveReplica> = {}): LiveReplica {
  return {
    name,
    object: `shop-${name}`,
    ready: true,
    why: undefined,
    image: "mlstack/api:0123456789abcdef",
    metricsPort: 8000,
    restarts: 0,
    since: "2026-01-01T00:00:00.000Z",
    lastEnd: undefined,
    ...changes,
  };
}

/** A service of the features that keeps its promise, unless the changes say otherwise. */
export function aLive(name: string, changes: Partial<LiveWorkload> = {}): LiveWorkload {
  const replicas = changes.replicas ?? [aReplica(`${name}-0`), aReplica(`${name}-1`)];
  const ready = replicas.filter((one) => one.ready).length;
  return {
    kind: "service",
    name,
    within: ["mlstack:index:FeatureStack"],
    under: ["features"],
    url: undefined,
    kept: ready === replicas.length,
    why: undefined,
    remarks: [],
    ready,
    wanted: replicas.length,
    doneAt: undefined,
    ...changes,
    replicas,
  };
}
